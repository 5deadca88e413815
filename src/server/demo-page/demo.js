import { TEXTS } from './texts.js';
import { problemOf, WhipPublication } from './whip.js';

const POLL_MS = 1000;
const element = (id) => document.getElementById(id);
const publications = new Map();
const streams = new Map();
let language = navigator.language.startsWith('zh') ? 'zh' : 'en';
let muted = false;

const say = (name) => TEXTS[language][name];

function showTexts() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  element('language').textContent = say('language');
  element('microphone').textContent = say(muted ? 'unmute' : 'mute');
}

function status(text, alarm = false) {
  element('status').textContent = text;
  element('status').classList.toggle('alarm', alarm);
}

/** Runs an action of the user; what fails is said, not swallowed. */
const guarded = (action) => () => {
  action().catch((error) => status(say('failed') + error.message, true));
};

async function call(method, path, body) {
  const response = await fetch(`api/${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : null,
  });
  if (!response.ok) throw new Error(await problemOf(response));
  return response.json();
}

async function publish(media, stream) {
  if (!element('enter').reportValidity()) return stopStream(stream);
  const room = element('room').value.trim();
  const user = element('user').value.trim();
  await unpublish(media);
  streams.set(media, stream);
  element(`preview-${media}`).srcObject = stream;
  stream.getVideoTracks()[0]?.addEventListener(
    'ended',
    guarded(() => unpublish(media)),
  );
  status(say('connecting'));
  await connect(media, room, user, stream);
  status(say('connected'));
  showControls();
}

async function connect(media, room, user, stream) {
  const ticket = await call('POST', 'tickets', { room, user });
  const url = `${ticket.whipUrl}?media=${media}`;
  const contentHint = media === 'aux' ? 'detail' : 'motion';
  const onLost = () => reconnect(media, room, user, stream);
  const publication = new WhipPublication({ url, token: ticket.userSig, stream, contentHint, onLost });
  publications.set(media, publication);
  await publication.start();
}

/** A network change is a new publication by the same user; the server splices it into the same recording. */
async function reconnect(media, room, user, stream) {
  if (streams.get(media) !== stream) return;
  status(say('lost'), true);
  try {
    await connect(media, room, user, stream);
    status(say('connected'));
  } catch {
    setTimeout(() => reconnect(media, room, user, stream), 2000);
  }
}

async function unpublish(media) {
  stopStream(streams.get(media));
  streams.delete(media);
  element(`preview-${media}`).srcObject = null;
  const publication = publications.get(media);
  publications.delete(media);
  showControls();
  await publication?.stop();
}

function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function showControls() {
  element('leave').disabled = publications.size === 0;
  element('microphone').disabled = !streams.has('main');
  element('screen-figure').hidden = !streams.has('aux');
  for (const id of ['room', 'user']) element(id).disabled = publications.size > 0;
}

const publishCamera = guarded(async () => {
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25 } };
  await publish('main', await navigator.mediaDevices.getUserMedia({ video, audio: true }));
});

const publishScreen = guarded(async () => {
  await publish('aux', await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } }));
});

function toggleMicrophone() {
  muted = !muted;
  for (const track of streams.get('main')?.getAudioTracks() ?? []) track.enabled = !muted;
  showTexts();
}

const leave = guarded(async () => {
  await Promise.all(['main', 'aux'].map(unpublish));
  status('');
});

const record = (mode) =>
  guarded(() => call('POST', 'recordings', { room: element('room').value.trim(), mode }).then(refresh));

async function refresh() {
  const room = encodeURIComponent(element('room').value.trim());
  if (!room) return;
  const [anchors, tasks] = await Promise.all([call('GET', `rooms/${room}`), call('GET', `recordings?room=${room}`)]);
  showList('anchors', anchors.anchors, anchorItem, 'nobody');
  showList('tasks', tasks.tasks, taskItem, 'noTasks');
}

/** Redraws a list only when its content changed, so that a button is not replaced under the pointer. */
function showList(id, items, draw, emptyText) {
  const list = element(id);
  const content = JSON.stringify([language, items]);
  if (list.dataset.content === content) return;
  list.dataset.content = content;
  list.replaceChildren(...(items.length > 0 ? items.map(draw) : [part('li', say(emptyText), 'faint')]));
}

function part(tag, text, className = '') {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

function anchorItem({ userId, tracks }) {
  const item = document.createElement('li');
  item.append(part('strong', userId), part('span', tracks.join(', '), 'faint'));
  return item;
}

function taskItem(task) {
  const item = document.createElement('li');
  item.dataset.task = task.taskId;
  item.append(part('strong', say(task.mode)), part('span', say(task.status) ?? task.status, 'faint'));
  if (task.status === 'Idle' || task.status === 'InProgress') {
    item.append(button('stop', () => call('DELETE', `recordings/${encodeURIComponent(task.taskId)}`).then(refresh)));
  }
  for (const file of task.files) item.append(...fileParts(file));
  return item;
}

function fileParts(file) {
  const name = part(
    'span',
    `${file.userId || say('mixed')} ${file.mediaId} · ${(file.durationMs / 1000).toFixed(1)} s`,
  );
  const download = part('a', say('download'));
  download.href = file.url;
  download.download = file.name;
  return [name, button('play', () => play(file)), download];
}

function button(text, action) {
  const node = part('button', say(text));
  node.type = 'button';
  node.addEventListener('click', guarded(action));
  return node;
}

async function play(file) {
  element('player-section').hidden = false;
  element('player-title').textContent = file.name;
  element('player').src = file.url;
  await element('player').play();
}

element('user').value = `user_${Math.floor(Math.random() * 9000 + 1000)}`;
element('camera').addEventListener('click', publishCamera);
element('screen').addEventListener('click', publishScreen);
element('microphone').addEventListener('click', toggleMicrophone);
element('leave').addEventListener('click', leave);
element('record-single').addEventListener('click', record('single'));
element('record-mixed').addEventListener('click', record('mixed'));
element('enter').addEventListener('submit', (event) => event.preventDefault());
element('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en';
  showTexts();
  void refresh();
});
addEventListener('pagehide', () => publications.forEach((publication) => publication.stop()));
showTexts();
setInterval(() => refresh().catch(() => {}), POLL_MS);
void refresh().catch(() => {});
