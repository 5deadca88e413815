import { EventEmitter, once } from 'node:events';
import { Audio, PeerConnection, Video, type Track } from 'node-datachannel';

/** A libdatachannel publisher without media of its own: the caller sends RTP. */
export interface NativePublisher {
  readonly location: string;
  readonly connectedMs: number;
  readonly video: Track;
  close(): void;
}

/**
 * Publishes over real ICE, DTLS and SRTP. On loopback the handshake can overtake libdatachannel's own taking note of the
 * answer, upon which it fails at once: up to five tries.
 */
export async function publishNatively(url: string, sig: string): Promise<NativePublisher> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce(url, sig);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function publishOnce(url: string, sig: string): Promise<NativePublisher> {
  const peer = new PeerConnection('publisher', {
    iceServers: [],
    disableAutoNegotiation: true,
    bindAddress: '127.0.0.1',
  });
  const states = new EventEmitter();
  peer.onStateChange((state) => states.emit(state === 'connected' ? 'connected' : 'other', state));
  states.on('other', (state: string) => {
    if (state === 'closed' || state === 'failed') states.emit('error', new Error(`transport ${state}`));
  });
  states.on('error', () => {});
  const audio = new Audio('0', 'SendOnly');
  audio.addOpusCodec(111);
  audio.addSSRC(1111, 'a', 's', 'audio');
  const video = new Video('1', 'SendOnly');
  video.addH264Codec(96, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
  video.addSSRC(2222, 'a', 's', 'video');
  const tracks = [peer.addTrack(audio), peer.addTrack(video)] as const;
  for (const track of tracks) track.onClosed(() => {});
  const close = (): void => {
    for (const track of tracks) track.close();
    peer.close();
  };
  try {
    peer.setLocalDescription('offer');
    const started = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${sig}` },
      body: peer.localDescription()!.sdp,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(answer);
    const connected = once(states, 'connected');
    // The next line may throw, and nobody would wait for it then.
    connected.catch(() => {});
    peer.setRemoteDescription(answer, 'answer');
    await connected;
    const connectedMs = performance.now() - started;
    return { location: response.headers.get('location')!, connectedMs, video: tracks[1], close };
  } catch (error) {
    close();
    throw error;
  }
}
