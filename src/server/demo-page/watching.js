import { call } from './api.js';
import { SdpSession } from './sdp-session.js';

const RETRY_MS = 2000;

/** Plays one anchor of the room by WHEP, and goes on when the anchor comes back. */
export class Watching {
  #video;
  #onChange;
  #wanted;
  #session;
  #triedAt = 0;
  #state = 'off';

  /** `onChange()` after each change of `state` or `anchor`. */
  constructor(video, onChange) {
    this.#video = video;
    this.#onChange = onChange;
  }

  /** `off`, `connecting`, `playing`, or `waiting` for the anchor to be there. */
  get state() {
    return this.#state;
  }

  /** Who is watched: `room`, `userId`, `media`, the watcher's own `user`; undefined when off. */
  get anchor() {
    return this.#wanted;
  }

  /** Watches that anchor instead of the one before. Rejects with the server's Refusal. */
  async watch(anchor) {
    await this.stop();
    this.#wanted = anchor;
    // One's own voice from the loudspeaker would be recorded again.
    this.#video.muted = anchor.userId === anchor.user;
    await this.#connect(anchor);
  }

  /** Stops watching. */
  async stop() {
    this.#wanted = undefined;
    this.#video.srcObject = null;
    this.#change('off');
    await this.#closeSession();
  }

  /** Takes the server's list of who is there: notices before ICE does that the anchor is gone, and connects again. */
  look(anchors) {
    const wanted = this.#wanted;
    if (!wanted || performance.now() - this.#triedAt < RETRY_MS) return;
    const anchor = anchors.find(({ userId }) => userId === wanted.userId);
    const there = anchor?.tracks.some(({ mediaId }) => mediaId === wanted.media);
    if (!there && this.#state === 'playing') this.#change('waiting');
    if (there && this.#state === 'waiting') this.#connect(wanted).catch(() => {});
  }

  async #connect(anchor) {
    const session = await this.#newSession();
    try {
      const { whepUrl, userSig } = await call('POST', 'tickets', { room: anchor.room, user: anchor.user });
      const query = new URLSearchParams({ media: anchor.media, viewer: anchor.user });
      await session.open(`${whepUrl}/${encodeURIComponent(anchor.userId)}?${query}`, userSig);
    } catch (error) {
      void session.close();
      if (session === this.#session) this.#change('waiting');
      throw error;
    }
    if (session === this.#session) this.#change('playing');
  }

  async #newSession() {
    this.#triedAt = performance.now();
    await this.#closeSession();
    this.#change('connecting');
    const session = (this.#session = new SdpSession());
    const { peer } = session;
    const stream = new MediaStream();
    for (const kind of ['audio', 'video']) {
      stream.addTrack(peer.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    }
    this.#video.srcObject = stream;
    peer.addEventListener('connectionstatechange', () => this.#onConnection(session));
    return session;
  }

  #onConnection(session) {
    const lost = ['disconnected', 'failed', 'closed'].includes(session.peer.connectionState);
    if (lost && session === this.#session && this.#state === 'playing') this.#change('waiting');
  }

  async #closeSession() {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #change(state) {
    this.#state = state;
    this.#onChange();
  }
}
