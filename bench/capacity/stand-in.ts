import type { Clock } from '../../src/clock.ts';
import { appDirectory } from '../../src/config/directory.ts';
import { openInstallation } from '../../src/process/installation.ts';
import { createLogger } from '../../src/process/log.ts';
import { startRooms } from '../../src/rooms/start.ts';
import type { LocalTransport, MediaTransport, TransportEvents } from '../../src/rooms/transport.ts';
import { postOffer } from '../../src/synthetic/whip-client.ts';
import { AUDIO_SSRC, TWCC_URI, VIDEO_SSRC, type MakeWire } from '../rooms/wire.ts';

/** The rooms role in this very process, whose publishers' packets need no network. */
export interface StandIn {
  readonly port: number;
  readonly wires: MakeWire;
}

const LOCAL: LocalTransport = {
  ufrag: 'Ab12',
  pwd: 'abcdefghijklmnopqrstuv',
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  setup: 'passive',
  candidates: ['candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host'],
};

const OFFER_HEAD = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=ice-ufrag:Cd34',
  'a=ice-pwd:vutsrqponmlkjihgfedcba',
  `a=fingerprint:sha-256 ${LOCAL.fingerprint.value}`,
  'a=setup:actpass',
];

const mediaOf = (mid: number, kind: string, type: number, codec: string, ssrc: number, more: string[]): string[] => [
  `m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`,
  'c=IN IP4 0.0.0.0',
  `a=mid:${mid}`,
  'a=sendonly',
  'a=rtcp-mux',
  `a=rtpmap:${type} ${codec}`,
  'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
  `a=extmap:3 ${TWCC_URI}`,
  `a=ssrc:${ssrc} cname:load`,
  ...more,
];

const OFFER = [
  ...OFFER_HEAD,
  ...mediaOf(0, 'audio', 111, 'opus/48000/2', AUDIO_SSRC, ['a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level']),
  ...mediaOf(1, 'video', 102, 'H264/90000', VIDEO_SSRC, [
    'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'a=rtcp-fb:102 nack',
    'a=rtcp-fb:102 nack pli',
  ]),
  '',
].join('\r\n');

/** The server's end of a wire. */
interface End {
  readonly transport: MediaTransport;
  readonly events: TransportEvents;
}

function endOf(events: TransportEvents, onRtcp: (bytes: Buffer) => void): End {
  let closed = false;
  const transport: MediaTransport = {
    local: LOCAL,
    get state() {
      return closed ? 'closed' : 'connected';
    },
    get closed() {
      return closed;
    },
    send: (bytes) => {
      onRtcp(Buffer.from(bytes));
      return !closed;
    },
    addCandidate: () => true,
    close: () => void (closed = true),
  };
  return { transport, events };
}

/** Starts the rooms role of an installation without ICE, DTLS and SRTP: everything behind them is the product's own. */
export async function startStandIn(dataDir: string, clock: Clock): Promise<StandIn> {
  const installation = openInstallation({ args: ['--data-dir', dataDir], env: process.env });
  if (typeof installation === 'string') throw new Error(installation);
  const { config, secrets } = installation;
  const ends: End[] = [];
  let hears: (bytes: Buffer) => void = () => {};
  const rooms = await startRooms({
    host: '127.0.0.1',
    port: 0,
    token: secrets.token,
    apps: appDirectory(config),
    clock,
    log: createLogger('rooms', config.log.level),
    anchorTimeoutMs: config.rooms.anchor_timeout_seconds * 1000,
    maxSessions: config.rooms.max_sessions,
    transports: async (_remote, events) => {
      const end = endOf(events, hears);
      ends.push(end);
      return end.transport;
    },
  });
  const wires: MakeWire = (onRtcp) => {
    let end: End | undefined;
    return {
      get connected() {
        return end !== undefined && !end.transport.closed;
      },
      mids: { audio: '0', video: '1' },
      offer: async (url, sig) => {
        hears = onRtcp;
        const { answer } = await postOffer(url, sig, OFFER);
        end = ends.at(-1);
        return answer;
      },
      connect: async () => end?.events.onState('connected'),
      send: (_mid, bytes) => {
        end?.events.onPacket(Buffer.from(bytes), clock.wallUs());
        return end !== undefined;
      },
      close: () => end?.transport.close(),
    };
  };
  return { port: rooms.port, wires };
}
