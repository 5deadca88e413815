import type { Fingerprint, LocalTransport, RemoteTransport } from './transport.ts';

/**
 * The SDP that libdatachannel gets to see: ICE, DTLS and exactly one m-line, so that every packet of the session reaches
 * one track whatever its SSRC. The payload type is a placeholder; nothing looks at it without a media handler.
 */
export function transportOffer(remote: RemoteTransport): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    ...(remote.iceLite ? ['a=ice-lite'] : []),
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 H264/90000',
    `a=ice-ufrag:${remote.ufrag}`,
    `a=ice-pwd:${remote.pwd}`,
    `a=fingerprint:${remote.fingerprint.algorithm} ${remote.fingerprint.value}`,
    `a=setup:${remote.setup === 'passive' ? 'passive' : 'active'}`,
    ...remote.candidates.map((candidate) => `a=${candidate}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Reads our ICE and DTLS parameters back from libdatachannel's answer; undefined when one is missing. */
export function readTransportAnswer(sdp: string): LocalTransport | undefined {
  const lines = sdp.split(/\r?\n/);
  const value = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
  const ufrag = value('ice-ufrag');
  const pwd = value('ice-pwd');
  const fingerprint = readFingerprint(value('fingerprint') ?? '');
  if (!ufrag || !pwd || !fingerprint) return undefined;
  const candidates = lines.filter((line) => line.startsWith('a=candidate:')).map((line) => line.slice(2));
  return { ufrag, pwd, fingerprint, candidates, setup: value('setup') === 'active' ? 'active' : 'passive' };
}

/** A fingerprint attribute's value (RFC 8122 §5), or undefined when it is none. */
export function readFingerprint(text: string): Fingerprint | undefined {
  const match = /^([A-Za-z0-9-]{1,16}) ((?:[0-9A-Fa-f]{2}:){15,63}[0-9A-Fa-f]{2})$/.exec(text);
  return match ? { algorithm: match[1]!.toLowerCase(), value: match[2]!.toUpperCase() } : undefined;
}
