import type { Clock } from '../../src/clock.ts';
import { PublishTransport } from '../../src/synthetic/publish-transport.ts';
import { postOffer } from '../../src/synthetic/whip-client.ts';

export const AUDIO_SSRC = 1111;
export const VIDEO_SSRC = 2222;
export const TWCC_URI = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const TWCC_ID = 3;

/** What a load publisher's packets travel by. */
export interface Wire {
  readonly connected: boolean;
  /** MIDs of sound and picture, from the offer on. */
  readonly mids: { readonly audio?: string; readonly video?: string };
  /** Publishes at a WHIP address and gives the answer. */
  offer(url: string, sig: string): Promise<string>;
  /** Waits until packets can travel. */
  connect(answer: string): Promise<void>;
  /** Sends one RTP or RTCP packet on the m-line; false when it cannot. The bytes may be used again at once. */
  send(mid: string, bytes: Buffer): boolean;
  close(): void;
}

/** Makes a wire; `onRtcp` hears what comes back. */
export type MakeWire = (onRtcp: (bytes: Buffer) => void) => Wire;

const withTransportSeq = (offer: string): string =>
  offer.replaceAll(/^(a=mid:.*?)(\r?)$/gm, `$1\r\na=extmap:${TWCC_ID} ${TWCC_URI}$2`);

/** Real ICE, DTLS and SRTP on loopback. */
export const webrtcWires =
  (clock: Clock): MakeWire =>
  (onRtcp) => {
    const ssrcs = { audioSsrc: AUDIO_SSRC, videoSsrc: VIDEO_SSRC };
    const options = { audio: true, video: 'h264', ...ssrcs, cname: 'load', bindAddress: '127.0.0.1' } as const;
    const transport = new PublishTransport(options, { onRtcp, onLost: () => undefined }, clock);
    return {
      get connected() {
        return transport.connected;
      },
      mids: transport.mids,
      offer: async (url, sig) => (await postOffer(url, sig, withTransportSeq(await transport.offer()))).answer,
      connect: (answer) => transport.connect(answer),
      send: (mid, bytes) => transport.send(mid, bytes),
      close: () => transport.close(),
    };
  };
