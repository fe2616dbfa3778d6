// Live figures: a page with [data-live-source] is kept up to date from a stream of server-sent events.
// Without this file the page is as true as when it was loaded. Each value says by its name where it stands: [data-live="PE.taken"].
const box = document.querySelector('[data-live-source]')
const [state, button, said] = ['[data-live-state]', 'button', '[data-live-say]'].map((one) => box.querySelector(one))
const places = {}
for (const one of document.querySelectorAll('[data-live]')) (places[one.dataset.live] ??= []).push(one)
const address = new URL(box.dataset.liveSource, location.href)
const SAY_EVERY = 30_000
const FLASH = 2_000
const AGAIN = 60_000
const DRAW_EVERY = 5_000
const DRAW_WITHIN = 1_000

let source, again, saying, drawing, lastDrawn = 0, lastSaid = 0, sentence = '', paused = false

const flash = (element) => {
  const shown = element.closest('.app-tile') ?? element
  shown.classList.add('app-live-changed')
  setTimeout(() => shown.classList.remove('app-live-changed'), FLASH)
}

// What has to be said of a line besides its figures: [words, colour] each, as the server draws them.
const tagsOf = (value) => {
  const line = document.createElement('span')
  for (const [words, colour] of value) {
    const tag = document.createElement('strong')
    tag.className = colour ? `app-tag app-tag--${colour}` : 'app-tag'
    tag.textContent = words
    line.append(tag, ' ')
  }
  return value.length ? [line] : []
}

const show = (values) => {
  const changed = []
  for (const [name, value] of Object.entries(values)) {
    for (const element of places[name] ?? []) {
      if (Array.isArray(value)) {
        element.replaceChildren(...tagsOf(value))
      } else if (typeof value !== 'string') {
        for (const [attribute, text] of Object.entries(value)) element.setAttribute(attribute, text)
      } else if (element.textContent !== value) {
        element.textContent = value
        changed.push(element)
      }
    }
  }
  changed.forEach(flash)
}

// Whoever listens to the page hears one sentence now and then, not every change.
const say = () => {
  saying = undefined
  lastSaid = performance.now()
  said.textContent = sentence
}
const tell = (text) => {
  sentence = text
  saying ??= setTimeout(say, lastSaid ? Math.max(0, lastSaid + SAY_EVERY - performance.now()) : 0)
}

// Whoever stands in a part with the keyboard goes on standing there: the element that has the focus stays, and what is beside it is new.
const renew = (part, fresh) => {
  const held = [...part.children].findIndex((one) => one.contains(document.activeElement))
  const [stays, twin] = [part.children[held], fresh.children[held]]
  if (!twin || twin.tagName !== stays.tagName) {
    part.replaceChildren(...fresh.childNodes)
    return
  }
  if (stays !== document.activeElement || stays.matches('[tabindex]')) renew(stays, twin)
  while (stays.previousSibling) stays.previousSibling.remove()
  while (stays.nextSibling) stays.nextSibling.remove()
  const all = [...fresh.childNodes]
  stays.before(...all.slice(0, all.indexOf(twin)))
  stays.after(...all.slice(all.indexOf(twin) + 1))
}

// What the server draws as a whole is asked for anew when something has changed: now and then, and not by everybody at once.
const parts = document.querySelectorAll('[data-live-part]')
const draw = () => {
  drawing = undefined
  lastDrawn = performance.now()
  for (const part of parts) {
    fetch(part.dataset.livePart, { headers: { accept: 'text/html' } }).then(async (answer) => {
      if (!answer.ok) return
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').body
      const opened = part.querySelector('details')?.open
      renew(part, fresh)
      part.querySelector('details')?.toggleAttribute('open', Boolean(opened))
    }, () => {})
  }
}
const redraw = () => {
  drawing ??= setTimeout(draw, lastDrawn ? Math.max(0, lastDrawn + DRAW_EVERY - performance.now()) : Math.random() * DRAW_WITHIN)
}

const mark = (how) => {
  box.dataset.liveIs = how
  state.textContent = state.dataset[how]
}

const close = () => {
  clearTimeout(again)
  source?.close()
  source = undefined
}
const open = () => {
  close()
  if (paused || document.hidden) return
  source = new EventSource(address)
  source.onopen = () => mark('on')
  source.onmessage = (event) => {
    address.searchParams.set('seen', event.lastEventId)
    const { values, say: text } = JSON.parse(event.data)
    show(values)
    tell(text)
    redraw()
  }
  source.onerror = () => {
    mark('off')
    // After an answer that is no stream the browser gives up; it may be that too many watch just now.
    if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN * (0.5 + Math.random()))
  }
}

button.addEventListener('click', () => {
  paused = !paused
  button.textContent = paused ? button.dataset.go : button.dataset.pause
  if (paused) {
    close()
    mark('paused')
  } else open()
})
document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
addEventListener('pagehide', close)
addEventListener('pageshow', (event) => event.persisted && open())
box.hidden = false
open()
