import { adviceFor } from './advice.js';
import { call } from './api.js';
import { openCamera, openScreen } from './devices.js';
import { say, showTexts, switchLanguage } from './language.js';
import { anchorParts, showElapsed, showList, taskParts } from './lists.js';
import { Presence } from './presence.js';
import { Watching } from './watching.js';

const POLL_MS = 1000;
const MEDIA = ['main', 'aux'];
/** What WHIP takes as a numeric room: digits alone are never a string room. */
const LAST_ROOM_NUMBER = 4294967294;

const element = (id) => document.getElementById(id);
const presence = new Presence({ onChange: showPresence, onEnd: (_media, error) => complain(error) });
const watching = new Watching(element('watch-video'), showWatching);
let lists = { anchors: [], tasks: [] };
let muted = false;
let alone = false;
/** Draws the notice anew when the language changes. */
let notice = () => '';

/** What went wrong stays to be read until the next action. */
function complain(error, action) {
  notice = () => adviceFor(error, action);
  showNotice();
}

function showNotice() {
  element('notice').textContent = notice() || (alone ? say('serverGone') : '');
}

/** Runs an action of the user; what fails is said, not swallowed. */
async function run(action, name) {
  notice = () => '';
  showNotice();
  try {
    await action();
  } catch (error) {
    complain(error, name);
  }
}

const guarded = (action, name) => (event) => {
  event?.preventDefault();
  void run(action, name);
};

const room = () => element('room').value.trim();
const user = () => element('user').value.trim();

/** Shows what is wrong with the fields, and puts the focus there. */
function fieldsAreGood() {
  const faults = { room: roomFault(), user: /^[A-Za-z0-9_-]{1,32}$/.test(user()) ? '' : 'badUser' };
  for (const [id, fault] of Object.entries(faults)) showFault(id, fault);
  const first = Object.keys(faults).find((id) => faults[id]);
  if (first) element(first).focus();
  return !first;
}

function roomFault() {
  const name = room();
  if (!name || new TextEncoder().encode(name).length > 64) return 'badRoom';
  const number = /^[1-9]\d{0,9}$/.test(name) && Number(name) <= LAST_ROOM_NUMBER;
  return /^\d+$/.test(name) && !number ? 'badRoomNumber' : '';
}

function showFault(id, fault) {
  element(`${id}-error`).dataset.fault = fault;
  element(`${id}-error`).textContent = fault && say(fault);
  element(id).setAttribute('aria-invalid', String(fault !== ''));
}

async function publish(media, open) {
  if (!fieldsAreGood()) return;
  const who = { room: room(), user: user() };
  const stream = await open();
  if (media === 'main') muted = false;
  await presence.publish(media, who, stream);
  await refresh();
}

async function leave() {
  await Promise.all(MEDIA.map((media) => presence.withdraw(media)));
  await refresh();
}

function toggleMicrophone() {
  muted = !muted;
  for (const track of presence.stream('main')?.getAudioTracks() ?? []) track.enabled = !muted;
  showPresence();
}

function showPresence() {
  const on = presence.state !== 'off';
  element('presence').textContent = on ? say(presence.state, { user: user(), room: room() }) : '';
  element('leave').disabled = !on;
  for (const id of ['room', 'user']) element(id).disabled = on;
  const sound = presence.stream('main')?.getAudioTracks().length > 0;
  element('microphone').disabled = !sound;
  element('microphone').textContent = say(sound && muted ? 'unmute' : 'mute');
  for (const media of MEDIA) showPreview(media, presence.stream(media));
  element('previews').hidden = !on;
}

function showPreview(media, stream) {
  const video = element(`preview-${media}`);
  if (video.srcObject !== (stream ?? null)) video.srcObject = stream ?? null;
  element(`figure-${media}`).hidden = !stream?.getVideoTracks().length;
}

function showWatching() {
  const { anchor, state } = watching;
  element('watching').hidden = state === 'off';
  if (!anchor) return;
  const name = anchor.media === 'aux' ? say('screenOf', anchor) : anchor.userId;
  element('watch-title').textContent = say(`watch_${state}`, { name });
}

const watch = (userId, media) => run(() => watching.watch({ room: room(), user: user(), userId, media }));
const stop = (task) => run(() => call('DELETE', `recordings/${encodeURIComponent(task.taskId)}`).then(refresh));
const record = (mode) =>
  guarded(async () => {
    if (!fieldsAreGood()) return;
    await call('POST', 'recordings', { room: room(), mode });
    await refresh();
  });

const play = (file, title) =>
  run(async () => {
    element('player-section').hidden = false;
    element('player-title').textContent = title;
    element('player').src = file.url;
    element('player-section').scrollIntoView({ block: 'nearest' });
    element('player').focus();
    await element('player').play();
  });

async function refresh() {
  const where = room();
  if (roomFault()) return;
  const query = `room=${encodeURIComponent(where)}`;
  const recordings = await call('GET', `recordings?${query}`);
  setAlone(false);
  if (where === room()) lists = { ...lists, tasks: recordings.tasks };
  const { anchors } = await call('GET', `anchors?${query}`);
  if (where !== room()) return;
  lists.anchors = anchors;
  presence.look(anchors);
  watching.look(anchors);
  showLists();
}

function showLists() {
  const anchors = lists.anchors.map((anchor) => ({
    ...anchor,
    own: presence.state !== 'off' && anchor.userId === user(),
  }));
  const drawAnchor = (anchor) => anchorParts(anchor, { onWatch: watch });
  const drawTask = (task) => taskParts(task, { onStop: stop, onPlay: play });
  showList(element('anchors'), anchors, { key: ({ userId }) => userId, draw: drawAnchor, empty: 'nobody' });
  showList(element('tasks'), lists.tasks, { key: ({ taskId }) => taskId, draw: drawTask, empty: 'noTasks' });
  element('second').href = `?room=${encodeURIComponent(room())}`;
  showElapsed();
}

function setAlone(now) {
  if (alone === now) return;
  alone = now;
  showNotice();
}

async function poll() {
  await refresh().catch((error) => {
    if (error.status === 0) setAlone(true);
    showLists();
  });
  setTimeout(poll, POLL_MS);
}

function showAll() {
  showTexts();
  element('language').lang = say('otherTag');
  showPresence();
  showWatching();
  showNotice();
  showLists();
  for (const id of ['room', 'user']) showFault(id, element(`${id}-error`).dataset.fault ?? '');
}

element('room').value = new URLSearchParams(location.search).get('room') || '10001';
element('user').value = `user_${Math.floor(Math.random() * 9000 + 1000)}`;
element('enter').addEventListener(
  'submit',
  guarded(() => publish('main', openCamera)),
);
element('screen').addEventListener(
  'click',
  guarded(() => publish('aux', openScreen), 'screen'),
);
element('microphone').addEventListener('click', toggleMicrophone);
element('leave').addEventListener('click', guarded(leave));
element('unwatch').addEventListener(
  'click',
  guarded(() => watching.stop()),
);
element('record-single').addEventListener('click', record('single'));
element('record-mixed').addEventListener('click', record('mixed'));
element('room').addEventListener('input', () => showFault('room', roomFault()));
element('user').addEventListener('input', () => showFault('user', ''));
element('language').addEventListener('click', () => {
  switchLanguage();
  showAll();
});
addEventListener('pagehide', () => {
  presence.leave();
  void watching.stop();
});
showAll();
void poll();
