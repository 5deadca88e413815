/** One WHIP publication: posts an offer, applies the answer, and can be taken back. RFC 9725. */
export class WhipPublication {
  #url;
  #token;
  #peer = new RTCPeerConnection();
  #session;

  /** `onLost` is called when the transport fails after it was up. */
  constructor({ url, token, stream, contentHint, onLost }) {
    this.#url = url;
    this.#token = token;
    for (const track of stream.getTracks()) {
      if (track.kind === 'video') track.contentHint = contentHint;
      this.#peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    }
    this.#peer.onconnectionstatechange = () => {
      if (this.#peer.connectionState === 'failed') onLost();
    };
  }

  /** Publishes; rejects with what the server said. */
  async start() {
    await this.#keepResolution();
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    await this.#gathered();
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${this.#token}` },
      body: this.#peer.localDescription.sdp,
    });
    if (answer.status !== 201) throw new Error(await problemOf(answer));
    this.#session = new URL(answer.headers.get('location'), this.#url).href;
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  }

  /** Leaves the room with this publication. */
  async stop() {
    this.#peer.close();
    if (!this.#session) return;
    await fetch(this.#session, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${this.#token}` },
      keepalive: true,
    });
  }

  /** Full resolution from the first frame, instead of climbing to it over the first 10 seconds of the recording. */
  async #keepResolution() {
    for (const sender of this.#peer.getSenders()) {
      if (sender.track?.kind !== 'video') continue;
      const parameters = sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await sender.setParameters(parameters).catch(() => {});
    }
  }

  #gathered() {
    if (this.#peer.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      setTimeout(resolve, 1000);
      this.#peer.addEventListener('icegatheringstatechange', () => {
        if (this.#peer.iceGatheringState === 'complete') resolve();
      });
    });
  }
}

/** What a refused request says about itself. */
export async function problemOf(response) {
  const text = await response.text();
  try {
    const problem = JSON.parse(text);
    return problem.detail ?? problem.title ?? text;
  } catch {
    return text || `HTTP ${response.status}`;
  }
}
