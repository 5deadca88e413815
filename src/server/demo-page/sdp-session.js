import { send } from './api.js';

const GATHER_MS = 1000;
const CONNECT_MS = 10_000;
const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** One WHIP (RFC 9725) or WHEP session: posts the peer connection's offer, applies the answer, and can be ended. */
export class SdpSession {
  /** The peer connection; its tracks are added before `open`. */
  peer = new RTCPeerConnection();
  #headers;
  #resource;
  #closed = false;

  /** Resolves when media can flow; rejects with a Refusal, or with what went wrong here. */
  async open(url, token) {
    this.#headers = { authorization: `Bearer ${token}` };
    await this.peer.setLocalDescription();
    await this.#gathered();
    const headers = { ...this.#headers, 'content-type': 'application/sdp' };
    const answer = await send(url, { method: 'POST', headers, body: this.peer.localDescription.sdp });
    this.#resource = new URL(answer.headers.get('location'), answer.url).href;
    if (this.#closed) return this.close();
    await this.peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    await this.#connected();
  }

  /** Whether the server still has this session; rejects with a Refusal when it cannot say. */
  async known() {
    if (!this.#resource) return false;
    const headers = { ...this.#headers, 'content-type': FRAGMENT };
    try {
      await send(this.#resource, { method: 'PATCH', headers, body: 'a=end-of-candidates\r\n' });
      return true;
    } catch (error) {
      if (error.status === 404) return false;
      throw error;
    }
  }

  /** Ends the session here and on the server, which may have ended it before. */
  async close() {
    this.#closed = true;
    this.peer.close();
    const resource = this.#resource;
    this.#resource = undefined;
    // keepalive: the request outlives the page it is sent from.
    if (resource) await fetch(resource, { method: 'DELETE', headers: this.#headers, keepalive: true }).catch(() => {});
  }

  #gathered() {
    const { peer } = this;
    return new Promise((resolve) => {
      const check = () => peer.iceGatheringState === 'complete' && resolve();
      peer.addEventListener('icegatheringstatechange', check);
      setTimeout(resolve, GATHER_MS);
      check();
    });
  }

  #connected() {
    const { peer } = this;
    return new Promise((resolve, reject) => {
      const check = () => {
        if (peer.connectionState === 'connected') resolve();
        if (peer.connectionState === 'failed' || this.#closed) reject(new Error('ICE'));
      };
      peer.addEventListener('connectionstatechange', check);
      setTimeout(() => reject(new Error('ICE')), CONNECT_MS);
      check();
    });
  }
}
