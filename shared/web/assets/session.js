// Five minutes before a session ends it says so, and one press keeps it going. Whoever works in another tab keeps this one going too:
// the server is asked, and the asking itself lengthens nothing.
const FIRST_SECONDS = 240
const WARN_SECONDS = 300

export const watchSession = () => {
  const words = document.getElementById('session-words')
  if (!words) return
  const box = document.createElement('div')
  box.className = 'app-session'
  box.setAttribute('role', 'alert')
  let timer
  const ask = async (method) => {
    clearTimeout(timer)
    let left
    try {
      left = await (await fetch(method === 'POST' ? '/session' : '/session/left', { method, headers: { accept: 'application/json' } })).json()
    } catch {
      left = { seconds: WARN_SECONDS + 60 } // no network just now: ask again in a minute
    }
    show(left.seconds ?? 0, left.firm)
    if (left.seconds > 0) timer = setTimeout(ask, Math.max(left.seconds > WARN_SECONDS ? left.seconds - WARN_SECONDS : left.seconds, 5) * 1000)
  }
  const show = (seconds, firm) => {
    const name = seconds > WARN_SECONDS + 5 ? '' : seconds <= 0 ? 'over' : firm ? 'firm' : 'soon'
    if (name === box.dataset.says) return
    box.dataset.says = name
    if (!name) return box.remove()
    box.replaceChildren(words.content.querySelector(`[data-says=${name}]`).cloneNode(true))
    box.querySelector('button')?.addEventListener('click', () => ask('POST'))
    if (!box.isConnected) document.body.append(box)
  }
  timer = setTimeout(ask, FIRST_SECONDS * 1000)
  // A laptop that slept has stopped its timers.
  document.addEventListener('visibilitychange', () => { if (!document.hidden && box.dataset.says) ask() })
}
