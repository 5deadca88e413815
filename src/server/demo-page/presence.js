import { call } from './api.js';
import { SdpSession } from './sdp-session.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;
/** A new publication is listed with its first packet; one that is not listed for longer is gone. */
const UNLISTED_MS = 4000;
/** ICE is often `disconnected` for a moment and comes back. */
const DISCONNECTED_MS = 3000;

/**
 * What this page publishes: `main` (camera, microphone) and `aux` (screen). A publication that is lost, because the
 * network changed or the rooms died, is published again by the same user, who is recorded on in the same file.
 */
export class Presence {
  #wanted = new Map();
  #onChange;
  #onEnd;

  /** `onChange()` after each change; `onEnd(media, error)` when a publication ended for good, `taken` for another page. */
  constructor({ onChange, onEnd }) {
    this.#onChange = onChange;
    this.#onEnd = onEnd;
  }

  /** Publishes the stream. What the server refuses for good ends at `onEnd`; everything else is tried again. */
  async publish(media, who, stream) {
    await this.withdraw(media);
    const one = { media, who, stream, state: 'connecting', tries: 0, session: undefined, since: 0 };
    this.#wanted.set(media, one);
    stream.getVideoTracks()[0]?.addEventListener('ended', () => this.#isWanted(one) && this.withdraw(media));
    await this.#connect(one);
  }

  /** Stops publishing; the user leaves the room with the last. */
  async withdraw(media) {
    const one = this.#wanted.get(media);
    if (!one) return;
    this.#wanted.delete(media);
    for (const track of one.stream.getTracks()) track.stop();
    this.#onChange();
    await one.session?.close();
  }

  /** The stream that is published, or undefined. */
  stream(media) {
    return this.#wanted.get(media)?.stream;
  }

  /** `off`, `connecting`, `lost` or `live`: the least of what is published. */
  get state() {
    const states = [...this.#wanted.values()].map((one) => one.state);
    return ['lost', 'connecting', 'live'].find((state) => states.includes(state)) ?? 'off';
  }

  /** Takes the server's list of who is there: it notices lost rooms long before ICE does. */
  look(anchors) {
    for (const one of this.#wanted.values()) {
      if (one.state !== 'live') continue;
      if (isListed(anchors, one)) one.since = performance.now();
      else if (performance.now() - one.since > UNLISTED_MS) void this.#lost(one);
    }
  }

  /** The page is closed: leaves without waiting. */
  leave() {
    for (const { session } of this.#wanted.values()) void session?.close();
  }

  #isWanted(one) {
    return this.#wanted.get(one.media) === one;
  }

  async #connect(one) {
    const { media, who, stream } = one;
    this.#change(one, 'connecting');
    void one.session?.close();
    const session = (one.session = new SdpSession());
    try {
      const { whipUrl, userSig } = await call('POST', 'tickets', who);
      await addTracks(session.peer, stream, media);
      await session.open(`${whipUrl}?media=${media}`, userSig);
    } catch (error) {
      void session.close();
      if (this.#isWanted(one)) await this.#failed(one, error);
      return;
    }
    if (this.#isWanted(one)) this.#connected(one, session);
    else void session.close();
  }

  #connected(one, session) {
    one.tries = 0;
    this.#change(one, 'live');
    session.peer.addEventListener('connectionstatechange', () => this.#onConnection(one, session));
  }

  /** A refusal of the server ends it; without an answer, and without ICE, it is tried again. */
  async #failed(one, error) {
    if (error.status > 0 && !error.passing) return this.#end(one, error);
    this.#change(one, 'lost');
    const delay = Math.min(FIRST_RETRY_MS * 2 ** one.tries++, LAST_RETRY_MS);
    setTimeout(() => this.#isWanted(one) && this.#connect(one), delay);
  }

  #onConnection(one, session) {
    const state = session.peer.connectionState;
    const current = () => one.session === session && one.state === 'live' && this.#isWanted(one);
    if (state === 'connected' || !current()) return;
    const wait = state === 'disconnected' ? DISCONNECTED_MS : 0;
    setTimeout(() => current() && session.peer.connectionState !== 'connected' && this.#lost(one), wait);
  }

  /** Another page of the same user takes the place of this one; to take it back would go on for ever. */
  async #lost(one) {
    this.#change(one, 'lost');
    try {
      const known = await one.session.known();
      const { anchors } = await call('GET', `anchors?room=${encodeURIComponent(one.who.room)}`);
      if (!this.#isWanted(one)) return;
      if (!known && isListed(anchors, one)) await this.#end(one, 'taken');
      else await this.#connect(one);
    } catch (error) {
      if (this.#isWanted(one)) await this.#failed(one, error);
    }
  }

  async #end(one, reason) {
    await this.withdraw(one.media);
    this.#onEnd(one.media, reason);
  }

  #change(one, state) {
    one.state = state;
    one.since = performance.now();
    this.#onChange();
  }
}

const isListed = (anchors, { media, who }) =>
  anchors.some(({ userId, tracks }) => userId === who.user && tracks.some((track) => track.mediaId === media));

/** Full resolution from the first frame, instead of climbing to it over the first ten seconds of the recording. */
async function addTracks(peer, stream, media) {
  for (const track of stream.getTracks()) {
    const { sender } = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind !== 'video') continue;
    track.contentHint = media === 'aux' ? 'detail' : 'motion';
    if (!(await keepResolution(sender))) track.contentHint = 'detail';
  }
}

/** Whether the browser took the preference; for one that does not know it the hint `detail` means the same. */
async function keepResolution(sender) {
  const wanted = { degradationPreference: 'maintain-resolution' };
  await sender.setParameters({ ...sender.getParameters(), ...wanted }).catch(() => {});
  return sender.getParameters().degradationPreference === wanted.degradationPreference;
}
