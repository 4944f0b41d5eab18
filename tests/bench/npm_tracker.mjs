// npm_tracker.mjs FOLDER PORT: npm's bittorrent-tracker over HTTP, from FOLDER/node_modules. Only its
// server: the program that comes with it also loads a WebRTC library that must be compiled.
import { pathToFileURL } from 'node:url'

const [folder, port] = process.argv.slice(2)
const server_js = folder + '/node_modules/bittorrent-tracker/server.js'
const { default: Server } = await import(pathToFileURL(server_js))
const server = new Server({ udp: false, http: true, ws: false, stats: false })
server.on('error', (error) => console.error(error.message))
server.on('warning', (error) => console.error(error.message))
server.listen(Number(port), '127.0.0.1')
