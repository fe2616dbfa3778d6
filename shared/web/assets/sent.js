// What was sent and not saved stays in this tab. Where the line breaks after the button was pressed, a browser forgets the form, and its
// way back leads to the page before it; the form that is opened again is filled in with it. It carries the version that it was typed on, so
// that the server still sees whether the page was saved elsewhere meanwhile. It goes with the answer that leads on, and on signing out.
const PREFIX = 'sent:'
const NOT_TYPED = /^(file|submit|button|reset|password|image)$/
// Where it goes, whatever the language of the page.
const goes = (form) => {
  const url = new URL(form.getAttribute('action') ?? '', location.href)
  url.searchParams.delete('lang')
  return url
}
const key = (form) => PREFIX + goes(form).pathname + goes(form).search
const parts = (form) => [...form.elements].filter((one) => one.name && !NOT_TYPED.test(one.type))
const holds = (one) => (/^(radio|checkbox)$/.test(one.type) ? (one.checked ? one.value : null) : one.value)
const values = (form) => parts(form).map((one) => [one.name, holds(one), one.type]).filter(([, value]) => value !== null)
const same = (form, sent) => {
  const bare = (value) => value.trim().replace(/\s+/g, ' ')
  const text = (all) => JSON.stringify(all.filter(([, , type]) => type !== 'hidden').map(([name, value]) => [name, bare(value)]))
  return text(values(form)) === text(sent)
}
const kept = () => Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX))
const forget = () => kept().forEach((one) => sessionStorage.removeItem(one))
// Whoever signs out in one tab leaves nothing in another; and nobody who comes hours later is somebody who waits for an answer.
const LEFT = 'signed-out-at'
const HOURS = 2
const leave = () => { forget(); try { localStorage[LEFT] = Date.now() } catch { /* A browser that keeps nothing has nothing to forget. */ } }
const forgetOld = () => {
  const since = Math.max(Number(localStorage[LEFT] ?? 0), Date.now() - HOURS * 3600_000)
  kept().filter((one) => !(JSON.parse(sessionStorage[one]).at > since)).forEach((one) => sessionStorage.removeItem(one))
}

const fill = (form, sent) => {
  for (const one of parts(form)) {
    const at = sent.findIndex(([name, value]) => name === one.name && (!/^(radio|checkbox)$/.test(one.type) || value === one.value))
    if (/^(radio|checkbox)$/.test(one.type)) one.checked = at >= 0
    else if (at >= 0) one.value = sent.splice(at, 1)[0][1]
    one.dispatchEvent(new Event('input', { bubbles: true }))
    one.dispatchEvent(new Event('change', { bubbles: true }))
  }
}

// An answer to what was sent leads on from the form's own page, or is that page when it was loaded again.
const isAnswer = (paths) => {
  const [how] = performance.getEntriesByType('navigation')
  const came = document.referrer.startsWith(location.origin) ? document.referrer.slice(location.origin.length) : ''
  return paths.includes(came) && !!how && how.type !== 'back_forward' && (how.redirectCount > 0 || how.type === 'reload')
}

export const keepSent = (saved) => {
  if (location.pathname.startsWith('/sign-in')) forget()
  if (new URLSearchParams(location.search).has('signed-out')) leave()
  forgetOld()
  for (const name of kept()) {
    const path = name.slice(PREFIX.length)
    if (isAnswer([path, JSON.parse(sessionStorage[name]).page])) sessionStorage.removeItem(name)
  }
  document.addEventListener('submit', (event) => { if (goes(event.target).pathname === '/sign-out') leave() })
  for (const form of document.querySelectorAll('form[data-keep]')) {
    form.addEventListener('submit', () => {
      try {
        sessionStorage[key(form)] = JSON.stringify({ at: Date.now(), page: location.pathname + location.search, sent: values(form) })
      } catch { /* There is no room for it, or the browser keeps nothing: as without this script. */ }
    })
    const { sent } = JSON.parse(sessionStorage[key(form)] ?? '{}')
    // A page with faults is the answer itself, and shows what was sent. It is not saved: the same page in another language has it still.
    // One that was refused before, and is come back to, is no answer: what was sent after it counts more.
    if (document.querySelector('.govuk-error-summary') && !('refused' in form.dataset)) continue
    if (!sent || same(form, sent)) {
      sessionStorage.removeItem(key(form))
      continue
    }
    fill(form, sent)
    // One note of what is not saved, and this is the newest; the other text stays kept, and is offered once this one is done with.
    document.querySelector('[data-unsaved]')?.remove()
    const note = document.getElementById('sent-words').content.firstElementChild.cloneNode(true)
    note.querySelector('button').addEventListener('click', () => {
      sessionStorage.removeItem(key(form))
      saved(form)
      location.replace(location.pathname + location.search)
    })
    form.before(note)
  }
}
