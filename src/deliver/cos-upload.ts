import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type COS from 'cos-nodejs-sdk-v5';
import { PartReader, type FilePart, type FinishedFile } from './cos-parts.ts';
import { answerError, cosError, type Conceal, type UploadStep } from './tencent-vod-error.ts';

/** A bucket, and the right to write into it for a while. */
export interface CosTarget {
  /** With the account's number at its end, as `name-1250000000`. */
  readonly bucket: string;
  readonly region: string;
  /** Temporary credentials; COS knows them only together with the token. */
  readonly credentials: { readonly secretId: string; readonly secretKey: string; readonly token: string };
  readonly protocol: 'https' | 'http';
  /** Host and port in place of `{Bucket}.cos.{Region}.myqcloud.com`; the two names in braces are filled in. */
  readonly domain: string | undefined;
  /** Milliseconds of silence after which a connection is given up. */
  readonly silenceMs: number;
}

/** An object to be. */
export interface CosObject {
  /** Without a slash in front. */
  readonly key: string;
  readonly file: FinishedFile;
}

/** Parts on their way at once, as many as the package itself would send. */
const parallelParts = 3;

/**
 * Uploads finished files one after the other, in parts, and confirms each: what COS says it holds has the size and the
 * CRC-64 of what was read, and what was read has the SHA-256 the file was finished with. Rejects with a TencentVodError, or with the
 * signal's reason; then nothing is sent any more.
 *
 * It uses the package's single calls, since its `sliceUploadFile` leaves a file open for every part that fails, cannot
 * be stopped in all its calls, and keeps a list of uploads beside the process's data.
 */
export async function uploadToCos(
  target: CosTarget,
  objects: readonly CosObject[],
  conceal: Conceal,
  { signal, onSent }: { readonly signal: AbortSignal; readonly onSent?: ((bytes: number) => void) | undefined },
): Promise<void> {
  let sent = 0;
  const onPart = (bytes: number): void => onSent?.((sent += bytes));
  const stop = new AbortController();
  const callsFor = await openCos(target, conceal, AbortSignal.any([signal, stop.signal]));
  try {
    for (const { key, file } of objects) await new CosUpload(callsFor(key), file, onPart).run();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    stop.abort();
  }
}

/** The calls of one object's upload; each rejects with a TencentVodError. */
interface CosCalls {
  begin(): Promise<string>;
  part(uploadId: string, part: FilePart): Promise<string>;
  /** Checksum of the object by its header, when the answer has one. */
  complete(uploadId: string, parts: CompletedPart[]): Promise<string | undefined>;
  /** What COS holds now; undefined when the credentials do not allow to ask. */
  inspect(): Promise<HeldObject | undefined>;
  /** Ends every connection and allows no new one. */
  close(): void;
}

interface CompletedPart {
  readonly PartNumber: number;
  readonly ETag: string;
}

interface HeldObject {
  readonly sizeBytes: number;
  readonly crc64: string | undefined;
}

/** One upload of one file. */
class CosUpload {
  readonly #calls: CosCalls;
  readonly #file: FinishedFile;
  readonly #onPart: (bytes: number) => void;

  constructor(calls: CosCalls, file: FinishedFile, onPart: (bytes: number) => void) {
    this.#calls = calls;
    this.#file = file;
    this.#onPart = onPart;
  }

  async run(): Promise<void> {
    const reader = new PartReader(this.#file);
    const uploadId = await this.#calls.begin();
    const parts = await this.#sendParts(uploadId, reader.parts());
    const answered = await this.#calls.complete(uploadId, parts);
    this.#confirm(reader.crc64, answered, await this.#calls.inspect());
  }

  /** Several senders draw from one reader. The first failure ends the connections, and so the other senders. */
  async #sendParts(uploadId: string, parts: AsyncGenerator<FilePart>): Promise<CompletedPart[]> {
    const sent: CompletedPart[] = [];
    const sender = async (): Promise<void> => {
      for await (const part of parts) {
        sent.push({ PartNumber: part.number, ETag: await this.#calls.part(uploadId, part) });
        this.#onPart(part.bytes.length);
      }
    };
    const failures: unknown[] = [];
    const failed = (error: unknown): void => {
      failures.push(error);
      this.#calls.close();
    };
    await Promise.all(Array.from({ length: parallelParts }, () => sender().catch(failed)));
    if (failures.length > 0) throw failures[0];
    return sent.toSorted((a, b) => a.PartNumber - b.PartNumber);
  }

  /** Design invariant 2: the file here may go only when its destination has confirmed size and checksum. */
  #confirm(crc64: string, answered: string | undefined, held: HeldObject | undefined): void {
    const theirs = answered ?? held?.crc64;
    if (theirs === undefined) throw answerError('check', 'answered without a checksum');
    if (theirs !== crc64 || (held?.crc64 ?? crc64) !== crc64)
      throw answerError('check', 'holds other bytes than were sent');
    // Without the right to ask for the size the checksum stands for it: it covers every byte.
    if (held && held.sizeBytes !== this.#file.sizeBytes) throw answerError('check', 'holds another number of bytes');
  }
}

/** Imported when the first upload begins: the package costs about a tenth of a second and 30 MB. */
async function openCos(target: CosTarget, conceal: Conceal, signal: AbortSignal): Promise<(key: string) => CosCalls> {
  const { default: Cos } = await import('cos-nodejs-sdk-v5');
  signal.throwIfAborted();
  const agent = stoppableAgent(target.protocol);
  signal.addEventListener('abort', agent.stop, { once: true });
  const cos = new Cos({
    SecretId: target.credentials.secretId,
    SecretKey: target.credentials.secretKey,
    SecurityToken: target.credentials.token,
    Protocol: `${target.protocol}:`,
    Domain: target.domain ?? '',
    Timeout: target.silenceMs,
    // Without this it prints a warning for region names it does not know.
    CompatibilityMode: true,
  });
  cos.on('before-send', (request: { agent?: HttpAgent }) => {
    request.agent = agent.agent;
  });
  const { bucket: Bucket, region: Region } = target;
  return (Key) => cosCalls(cos, { Bucket, Region, Key }, { conceal, signal, close: agent.stop });
}

type ObjectName = Pick<COS.ObjectParams, 'Bucket' | 'Region' | 'Key'>;

interface CallRim {
  readonly conceal: Conceal;
  readonly signal: AbortSignal;
  readonly close: () => void;
}

function cosCalls(cos: COS, object: ObjectName, { conceal, signal, close }: CallRim): CosCalls {
  const attempt = async <T>(step: UploadStep, call: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return call().catch((error: unknown) => {
      throw cosError(step, error, conceal);
    });
  };
  return {
    async begin() {
      const { UploadId } = await attempt('begin', () => cos.multipartInit(object));
      if (!UploadId) throw answerError('begin', 'answered without an upload id');
      return UploadId;
    },
    async part(UploadId, { number, bytes, md5Base64 }) {
      const sent = { ...object, UploadId, PartNumber: number, Body: bytes, ContentLength: bytes.length };
      const { ETag } = await attempt('part', () =>
        cos.multipartUpload({ ...sent, Headers: { 'Content-MD5': md5Base64 } }),
      );
      if (!ETag) throw answerError('part', 'answered without an ETag');
      return ETag;
    },
    async complete(UploadId, Parts) {
      const { headers } = await attempt('complete', () => cos.multipartComplete({ ...object, UploadId, Parts }));
      return checksum(headers);
    },
    async inspect() {
      try {
        const { headers } = await cos.headObject(object);
        return { sizeBytes: Number(headers?.['content-length']), crc64: checksum(headers) };
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 403) return undefined;
        throw cosError('check', error, conceal);
      }
    },
    close,
  };
}

function checksum(headers: COS.Headers | undefined): string | undefined {
  const value: unknown = headers?.['x-cos-hash-crc64ecma'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Connections of one upload. `stop` cuts them and refuses new ones: the package's own way to cancel does not reach all
 * of its calls, and it would try again.
 */
function stoppableAgent(protocol: 'https' | 'http'): { readonly agent: HttpAgent; readonly stop: () => void } {
  const options = { keepAlive: true, maxSockets: parallelParts };
  const agent = protocol === 'http' ? new HttpAgent(options) : new HttpsAgent(options);
  const connect = agent.createConnection.bind(agent);
  let stopped = false;
  agent.createConnection = (to, done) => {
    if (!stopped) return connect(to, done);
    done?.(new Error('the upload was stopped'), undefined as never);
    return undefined;
  };
  const stop = (): void => {
    stopped = true;
    agent.destroy();
  };
  return { agent, stop };
}
