// A form that sends files, file by file: how far each has come, again after a cut line, and what was refused beside its name.
// Without this the form sends everything at once, and the page that answers says the same.
const WAITS = [2, 5, 15]
const LARGE = 1_500_000
const SIDE = 3000

// A large photograph is made smaller here, before a slow line has to carry it; whatever cannot be read here goes as it is.
async function smaller(file) {
  if (!/^image\/(jpeg|heic|heif)$/.test(file.type) || file.size < LARGE || !window.createImageBitmap) return file
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height))
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width * scale, height: picture.height * scale })
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85))
    const name = file.name.replace(/\.hei[cf]$/i, '.jpg')
    return blob && blob.size < file.size ? new File([blob], name, { type: 'image/jpeg' }) : file
  } catch {
    return file
  }
}

const send = (form, file, progress) => new Promise((done) => {
  const request = new XMLHttpRequest()
  const body = new FormData(form)
  body.set('file', file, file.name)
  request.open('POST', form.action)
  request.setRequestHeader('Accept', 'application/json')
  request.upload.addEventListener('progress', (event) => event.lengthComputable && progress(event.loaded / event.total))
  request.addEventListener('loadend', () => done(request))
  request.send(body)
})

for (const form of document.querySelectorAll('form[data-upload]')) {
  const input = form.querySelector('input[type=file]')
  const list = form.querySelector('[data-upload-list]')
  const status = form.querySelector('[data-upload-status]')
  const button = form.querySelector('button:not([type=button])')
  const say = (key, values) => Object.entries(values ?? {}).reduce((text, [name, value]) => text.replace(`{${name}}`, value), list.dataset[key])

  const line = (file) => {
    const item = document.createElement('li')
    const words = document.createElement('span')
    const bar = Object.assign(document.createElement('progress'), { max: 1, value: 0 })
    bar.setAttribute('aria-label', file.name)
    item.append(words, bar)
    list.append(item)
    return {
      progress: (share) => {
        bar.value = share
        words.textContent = share < 1 ? say('sending', { name: file.name, percent: Math.floor(share * 100) }) : say('reading', { name: file.name })
      },
      end: (text, wrong) => {
        bar.remove()
        status.textContent = words.textContent = text
        item.classList.toggle('app-upload__wrong', !!wrong)
      },
      wait: (text) => { status.textContent = words.textContent = text },
      again: () => new Promise((done) => {
        const retry = Object.assign(document.createElement('button'), { type: 'button', className: 'app-link-button', textContent: say('again') })
        retry.addEventListener('click', () => { retry.remove(); done() })
        item.append(' ', retry)
        retry.focus()
      }),
    }
  }

  // Until the server answered: a cut line or a fault on its side is tried again, and at the end on the person's word.
  const through = async (file, shown) => {
    for (let attempt = 0; ; attempt++) {
      shown.progress(0)
      const answer = await send(form, file, shown.progress)
      if (answer.status > 0 && answer.status < 500) return answer
      if (attempt < WAITS.length) {
        shown.wait(say('cut', { name: file.name, seconds: WAITS[attempt] }))
        await new Promise((done) => {
          setTimeout(done, WAITS[attempt] * 1000)
          window.addEventListener('online', done, { once: true })
        })
      } else {
        shown.wait(say('failed', { name: file.name }))
        await shown.again()
        attempt = -1
      }
    }
  }

  form.addEventListener('submit', async (event) => {
    const files = [...input.files]
    if (!files.length) return
    event.preventDefault()
    list.replaceChildren()
    list.hidden = false
    button.disabled = true
    let next = ''
    let wrong = 0
    for (const file of files) {
      const shown = line(file)
      const small = await smaller(file)
      if (small.size > Number(list.dataset.most)) {
        // Known before a slow line has carried it for minutes; the server would say the same.
        wrong += 1
        shown.end(say('large', { name: file.name }), true)
        continue
      }
      const answer = await through(small, shown)
      let said
      try {
        said = JSON.parse(answer.responseText)
      } catch {
        // A page instead of an answer: signed out, or the application was sent meanwhile.
        location.assign(answer.responseURL && answer.status < 400 ? answer.responseURL : form.action)
        return
      }
      if (said.then) {
        next = said.then
        shown.end(say('added', { name: file.name }))
      } else {
        wrong += 1
        shown.end((said.errors ?? []).join(' ') || said.detail || say('failed', { name: file.name }), true)
      }
    }
    input.value = ''
    button.disabled = false
    if (!wrong && next) location.assign(next)
    else if (next) form.querySelector('[data-upload-go]').hidden = false
    if (!wrong) return
    if (!document.title.startsWith(say('wrong'))) document.title = say('wrong') + document.title
    list.focus()
  })
}
