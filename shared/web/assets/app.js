// Enhancements only: every page works without this file.
import { Button, Checkboxes, ErrorSummary, NotificationBanner, Radios, SkipLink, createAll } from 'govuk-frontend'
import { keepSent } from './sent.js'
import { watchSession } from './session.js'
import './upload.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')

const start = (scope) => {
  for (const Component of [Checkboxes, ErrorSummary, NotificationBanner, Radios, SkipLink]) {
    createAll(Component, undefined, { scope })
  }
  createAll(Button, { preventDoubleClick: true }, { scope })
}
start(document.body)
watchSession()

// The page that refuses a form is not kept by the browser, so that its way back would want to send the form again, or fails. It opens the
// page instead, which says what is saved now.
if ('comesBack' in document.body.dataset) history.replaceState(history.state, '', location.href)

// Words so far, counted as the server counts them: a word between spaces, or one letter of a script that has no spaces.
const SINGLE = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/gu
const WORD = /[\p{L}\p{N}_]+(?:['\u2019-][\p{L}\p{N}_]+)*/gu
const words = (text) => (text.match(SINGLE) ?? []).length + (text.replace(SINGLE, ' ').match(WORD) ?? []).length
for (const counter of document.querySelectorAll('[data-counts]')) {
  const box = document.getElementById(counter.dataset.counts)
  const most = Number(counter.dataset.most)
  // What is said aloud waits until the typing pauses, so that nobody is talked over.
  const aloud = counter.cloneNode()
  aloud.removeAttribute('id')
  aloud.className = 'govuk-visually-hidden'
  aloud.setAttribute('aria-live', 'polite')
  counter.after(aloud)
  let pause
  const show = () => {
    const n = counter.dataset.unit ? [...box.value].length : words(box.value)
    counter.textContent = counter.dataset.text.replace('{n}', n.toLocaleString(document.documentElement.lang))
    counter.classList.toggle('app-counter--over', most > 0 && n > most)
    clearTimeout(pause)
    pause = setTimeout(() => { if (document.activeElement === box) aloud.textContent = counter.textContent }, 1000)
  }
  box?.addEventListener('input', show)
  if (box) show()
}

// A question that hangs on another answer of the page shows when it is asked. Without this script a line says when.
for (const part of document.querySelectorAll('[data-when]')) {
  const form = part.closest('form')
  const name = part.dataset.when
  const chosen = (key) => {
    const one = form.elements[name]
    return one ? one.value === key : !!form.elements[`${name}-${key}`]?.checked
  }
  const show = () => { part.hidden = !part.dataset.is.split(' ').some(chosen) }
  form.addEventListener('change', show)
  show()
}

// What htmx puts in place is enhanced like the rest.
document.body.addEventListener('htmx:after:swap', (event) => start(event.target instanceof Element ? event.target : document.body))

// What another service knows, such as how it stands or whom it calls by a name, in place of the words that lead to its page.
const pages = {}
const pageAt = async (address) => {
  const answer = await fetch(address, { headers: { accept: 'text/html' } })
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : undefined
}
for (const part of document.querySelectorAll('[data-part]')) {
  (pages[part.dataset.part] ??= pageAt(part.dataset.part)).then((page) => {
    const found = page?.querySelector('[data-whole], .app-stats')
    if (found) part.replaceChildren(found.cloneNode(true))
  }, () => {})
}

// Leaving with something typed and not saved asks first. The form that is being sent is left alone.
const unsaved = new Set()
for (const form of document.querySelectorAll('form[data-keep]')) {
  form.addEventListener('input', () => unsaved.add(form))
  form.addEventListener('submit', () => unsaved.delete(form))
}
window.addEventListener('beforeunload', (event) => {
  if (unsaved.size) event.preventDefault()
})

// Long text keeps itself, beside what is saved: every twenty seconds, and on leaving. It is offered again when one comes back.
const KEEP_MS = 20_000
for (const form of document.querySelectorAll('form[data-typed]')) {
  const note = form.querySelector('[data-typed-note]')
  const mark = form.elements._kept
  const fields = () => {
    const all = new FormData(form)
    all.delete('_kept')
    return new URLSearchParams(all).toString()
  }
  let kept = fields()
  const keep = async (leaving) => {
    const now = fields()
    if (!unsaved.has(form) || now === kept) return
    try {
      const answer = await fetch(form.dataset.typed, {
        method: 'POST', body: `${now}&_kept=${mark.value}`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, keepalive: leaving && now.length < 60_000,
      })
      if (answer.status === 409) note.textContent = note.dataset.stale
      if (answer.status === 412) note.textContent = note.dataset.other
      if (answer.status !== 204) return
      kept = now
      mark.value = answer.headers.get('x-kept')
      note.textContent = note.dataset.text.replace('{time}', answer.headers.get('x-kept-at'))
    } catch { /* The line is down; the next time comes in twenty seconds. */ }
  }
  setInterval(keep, KEEP_MS, false)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') keep(true) })
}

// Who has chosen no time zone is offered the browser's; it counts once the form is sent.
for (const select of document.querySelectorAll('select[data-zone]')) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  if ([...select.options].some((one) => one.value === here)) select.value = here
}

// A filter form sends itself when a choice changes; its button stays for everybody else.
for (const form of document.querySelectorAll('form[data-send-on-change]')) {
  form.addEventListener('change', () => form.requestSubmit())
}

// "All" in a table's head ticks the rows.
for (const all of document.querySelectorAll('input[data-tick-all]')) {
  const rows = () => all.closest('table')?.querySelectorAll('tbody input[type=checkbox]') ?? []
  all.addEventListener('change', () => rows().forEach((row) => { row.checked = all.checked }))
}

// In a list of rows with links: j and k, or the arrows with Alt, move; nothing but Enter opens, and no key decides.
const list = document.querySelector('[data-keyboard-list]')
if (list) {
  const links = [...list.querySelectorAll('a[data-row-link]')]
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return
    const step = { j: 1, k: -1 }[event.key]
    if (!step || !links.length) return
    const now = links.indexOf(document.activeElement)
    links[Math.max(0, Math.min(links.length - 1, now + step))].focus()
    event.preventDefault()
  })
}

// The menu of languages and account on small screens closes with Escape, as people expect.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') document.querySelectorAll('details[data-menu][open]').forEach((menu) => menu.removeAttribute('open'))
})

keepSent((form) => unsaved.delete(form))
