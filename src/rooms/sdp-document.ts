/** The offer's text is refused: `status` is the HTTP answer, 400 for broken text, 406 or 422 for what we cannot serve. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly status: 400 | 406 | 422;

  constructor(status: 400 | 406 | 422, message: string) {
    super(message);
    this.status = status;
  }
}

/** Largest SDP text taken, in bytes. Chromium's with simulcast is about 10 KB. */
export const MAX_SDP_BYTES = 64 * 1024;
const MAX_LINES = 2000;
const MAX_LINE_LENGTH = 2048;
const MAX_MEDIA = 32;

/** An `a=` line: `a=name` or `a=name:value`. */
export interface SdpAttribute {
  readonly name: string;
  /** Empty for a flag. */
  readonly value: string;
}

/** One m-line and the attributes below it. */
export interface SdpMedia {
  /** `audio`, `video`, `application`, … */
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly attributes: readonly SdpAttribute[];
}

/** An SDP text (RFC 8866) as lines with a place, their meaning not yet looked at. */
export interface SdpDocument {
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly SdpMedia[];
}

/** Reads an SDP text. Throws SdpError (400) when it is too large or not SDP. */
export function parseSdp(text: string): SdpDocument {
  const lines = sdpLines(text);
  if (lines[0] !== 'v=0') throw new SdpError(400, 'An SDP text begins with "v=0".');
  const attributes: SdpAttribute[] = [];
  const media: (SdpMedia & { attributes: SdpAttribute[] })[] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) media.push({ ...readMediaLine(line), attributes: [] });
    else if (line.startsWith('a=')) (media.at(-1)?.attributes ?? attributes).push(readAttribute(line));
  }
  if (media.length > MAX_MEDIA) throw new SdpError(400, `At most ${MAX_MEDIA} m-lines are taken.`);
  return { attributes, media };
}

/** The checked lines of an SDP text or fragment (RFC 8840), without empty ones. Throws SdpError (400). */
export function sdpLines(text: string): string[] {
  if (Buffer.byteLength(text) > MAX_SDP_BYTES) throw new SdpError(400, 'The SDP text is too large.');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length > MAX_LINES) throw new SdpError(400, `At most ${MAX_LINES} lines are taken.`);
  for (const [index, line] of lines.entries()) {
    const sound = /^[a-z]=/.test(line) && line.length <= MAX_LINE_LENGTH && !hasControlCharacter(line);
    if (!sound) throw new SdpError(400, `Line ${index + 1} is not an SDP line.`);
  }
  return lines;
}

/** Whether a text holds a C0 control, DEL, or a C1 control. */
export const hasControlCharacter = (text: string): boolean => /\p{Cc}/u.test(text);

function readMediaLine(line: string): Omit<SdpMedia, 'attributes'> {
  const match = /^m=([a-z]{1,16}) (\d{1,5})(?:\/\d{1,3})? ([A-Za-z0-9/]{1,32}) (.+)$/.exec(line);
  if (!match || Number(match[2]) > 65535) throw new SdpError(400, `"${line.slice(0, 60)}" is not an m-line.`);
  return { kind: match[1]!, port: Number(match[2]), protocol: match[3]!, formats: match[4]!.trim().split(/ +/) };
}

/** Splits an `a=` line at its first colon. */
export function readAttribute(line: string): SdpAttribute {
  const colon = line.indexOf(':');
  return colon < 0
    ? { name: line.slice(2), value: '' }
    : { name: line.slice(2, colon), value: line.slice(colon + 1).trim() };
}

/** The value of the first attribute of that name, or undefined. */
export const firstValue = (attributes: readonly SdpAttribute[], name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;

/** The values of all attributes of that name, in order. */
export const allValues = (attributes: readonly SdpAttribute[], name: string): string[] =>
  attributes.filter((attribute) => attribute.name === name).map((attribute) => attribute.value);
