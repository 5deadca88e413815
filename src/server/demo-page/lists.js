import { languageTag, say } from './language.js';

/**
 * Shows one list item for each entry of `items`. What did not change is left alone, so that a button is not replaced
 * under the pointer, and keyboard focus stays where it was or moves to the item.
 */
export function showList(list, items, { key, draw, empty }) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const wanted = items.length > 0 ? items.map((item) => itemNode(old, key(item), item, draw)) : [emptyNode(old, empty)];
  if (wanted.length === list.children.length && wanted.every((node, i) => node === list.children[i])) return;
  const focus = list.contains(document.activeElement) ? document.activeElement : undefined;
  const where = focus && { key: focus.closest('li').dataset.key, action: focus.dataset.action };
  list.replaceChildren(...wanted);
  if (where) restoreFocus(list, where);
}

function itemNode(old, key, item, draw) {
  return reuse(old, key, JSON.stringify([languageTag(), item]), () => draw(item));
}

function emptyNode(old, text) {
  return reuse(old, '', say(text), () => [part('span', say(text), 'faint')]);
}

function reuse(old, key, content, draw) {
  const known = old.get(key);
  if (known?.dataset.content === content) return known;
  const node = document.createElement('li');
  Object.assign(node.dataset, { key, content });
  node.tabIndex = -1;
  node.append(...draw());
  return node;
}

function restoreFocus(list, { key, action }) {
  const item = [...list.children].find((node) => node.dataset.key === key);
  const same = [...(item?.querySelectorAll('button, a') ?? [])].find((node) => node.dataset.action === action);
  (same ?? item ?? list.firstElementChild).focus();
}

function part(tag, text, className = '') {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** What an item is about; the detail goes below where there is no room beside. */
function heading(title, detail) {
  const node = part('span', '', 'heading');
  node.append(part('strong', title), ' ', detail);
  return node;
}

/** `about` says to a screen reader what the button acts on. */
function button(text, about, action) {
  const node = part('button', say(text));
  node.type = 'button';
  node.dataset.action = text + about;
  node.setAttribute('aria-label', `${say(text)}: ${about}`);
  node.addEventListener('click', action);
  return node;
}

/** Parts of an anchor's item: the name, what is published, and a watch button for each picture. */
export function anchorParts({ userId, tracks, own }, { onWatch }) {
  const has = (media, kind) => tracks.some((track) => track.mediaId === media && track.media === kind);
  const words = [
    has('main', 'video') && 'cameraWord',
    has('main', 'audio') && 'microphoneWord',
    tracks.some((track) => track.mediaId === 'aux') && 'screenWord',
  ].filter(Boolean);
  const published = part('span', words.map((word) => say(word)).join(say('comma')), 'faint');
  const parts = [heading(own ? say('you', { userId }) : userId, published)];
  const watch = (media, text) => button(text, userId, () => onWatch(userId, media));
  if (tracks.some((track) => track.mediaId === 'main')) parts.push(watch('main', 'watch'));
  if (tracks.some((track) => track.mediaId === 'aux')) parts.push(watch('aux', 'watchScreen'));
  return parts;
}

/** Parts of a recording's item: what and since when, its state, a stop button while it runs, and its files. */
export function taskParts(task, { onStop, onPlay }) {
  const time = new Date(task.createdMs).toLocaleTimeString(languageTag(), { hour: '2-digit', minute: '2-digit' });
  const title = `${say(task.mode)} · ${time}`;
  const parts = [heading(title, stateOf(task))];
  if (task.status === 'Idle' || task.status === 'InProgress') parts.push(button('stop', title, () => onStop(task)));
  if (task.failedFiles > 0) parts.push(part('span', say('failedFiles', { count: task.failedFiles }), 'alarm'));
  const files = part('ul', '');
  files.append(...task.files.map((file) => fileItem(file, onPlay)));
  return task.files.length > 0 ? [...parts, files] : parts;
}

function stateOf({ status, startedMs, hasNone }) {
  const nothing = status === 'ended' && hasNone;
  const node = part(
    'span',
    say(nothing ? 'nothing' : status),
    status === 'InProgress' ? 'state recording' : 'state faint',
  );
  if (status !== 'InProgress' || !startedMs) return node;
  const elapsed = part('span', '', 'elapsed');
  elapsed.dataset.since = startedMs;
  node.append(' ', elapsed);
  return node;
}

function fileItem(file, onPlay) {
  const item = document.createElement('li');
  const who = file.userId || say('everyone');
  const title = `${file.mediaId === 'aux' ? say('screenOf', { userId: who }) : who} · ${duration(file.durationMs)}`;
  item.append(part('span', title));
  // What is in a customer's bucket has no address here.
  if (!file.url) return item;
  const download = part('a', say('download'));
  download.href = file.url;
  download.download = file.name;
  download.dataset.action = `download${title}`;
  download.setAttribute('aria-label', `${say('download')}: ${title}`);
  item.append(
    button('play', title, () => onPlay(file, title)),
    download,
  );
  return item;
}

/** Brings the running times up to date, without redrawing. */
export function showElapsed() {
  for (const node of document.querySelectorAll('.elapsed')) {
    node.textContent = duration(Math.max(0, Date.now() - Number(node.dataset.since)));
  }
}

function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
