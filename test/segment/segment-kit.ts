import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recoverFolder } from '../../src/segment/recover.ts';
import { readTransport, type ElementaryPacket } from '../../src/segment/transport-reader.ts';

/** Every packet of a folder's segments in order, after recovery; data copied, without the access unit delimiter. */
export function packetsIn(dir: string): ElementaryPacket[] {
  const folder = recoverFolder(dir);
  return (folder?.segments ?? []).flatMap(({ name }) => packetsOfFile(join(dir, name)));
}

/** Every packet of one segment file. */
export const packetsOfFile = (path: string): ElementaryPacket[] =>
  Array.from(readTransport(readFileSync(path)), (packet) => ({ ...packet, data: bare(packet) }));

const delimiter = Buffer.of(0, 0, 0, 1, 9, 0xf0);

const bare = ({ kind, data }: ElementaryPacket): Buffer =>
  Buffer.from(kind === 'video' && data.subarray(0, 6).equals(delimiter) ? data.subarray(6) : data);
