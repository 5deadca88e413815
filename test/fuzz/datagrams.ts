/** Datagrams of one session as a corpus keeps them: two bytes of length (big-endian), then the datagram. */
export function joinDatagrams(datagrams: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    datagrams.flatMap((bytes) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** The datagrams again; a length beyond the end means what is left. */
export function splitDatagrams(input: Buffer): Buffer[] {
  const datagrams: Buffer[] = [];
  for (let at = 0; at + 2 <= input.length;) {
    const end = at + 2 + input.readUInt16BE(at);
    datagrams.push(input.subarray(at + 2, end));
    at = end;
  }
  return datagrams;
}
