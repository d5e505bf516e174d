import { render } from 'preact'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import './style/text.css'
import './style/views.css'
import { App } from './app.tsx'
import { start } from './state.ts'

start()
const place = document.getElementById('page')!
place.replaceChildren()
render(<App />, place)
