/** What a picture is watched by. */
export interface WatchTicketView {
  readonly url: string;
  readonly token: string;
}

const gatherMs = 1_000;
const connectMs = 10_000;

/** One WHEP session: what an anchor sends, as a stream. */
export class WhepSession {
  readonly stream = new MediaStream();
  readonly #peer = new RTCPeerConnection();
  #resource: string | undefined;
  #isClosed = false;

  /** `onLost` is told when nothing comes any more. */
  constructor(onLost: () => void) {
    for (const kind of ['audio', 'video']) {
      this.stream.addTrack(this.#peer.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    }
    this.#peer.addEventListener('connectionstatechange', () => {
      // Not `disconnected`: that comes and goes with the network.
      if (this.#peer.connectionState === 'failed') onLost();
    });
  }

  /** Resolves when media can flow. Rejects with what the server said, or when no way was found. */
  async open({ url, token }: WatchTicketView): Promise<void> {
    await this.#peer.setLocalDescription();
    await this.#until('icegatheringstatechange', gatherMs, () => this.#peer.iceGatheringState === 'complete');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
      body: this.#peer.localDescription!.sdp,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    this.#resource = answer.headers.get('location') ?? undefined;
    if (this.#isClosed) return this.close();
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    await this.#until('connectionstatechange', connectMs, () => this.#peer.connectionState === 'connected');
    if (this.#peer.connectionState !== 'connected') throw new Error(this.#peer.connectionState);
  }

  /** Ends it here and on the server. */
  close(): void {
    this.#isClosed = true;
    this.#peer.close();
    const resource = this.#resource;
    this.#resource = undefined;
    // keepalive: the request outlives the page that it is sent from.
    if (resource) void fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }

  /** Resolves when it is so, or at the end of its time. */
  #until(event: string, ms: number, isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => (isSo() ? resolve() : undefined);
      this.#peer.addEventListener(event, check);
      setTimeout(resolve, ms);
      check();
    });
  }
}
