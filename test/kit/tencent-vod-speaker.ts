import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import { isTimely } from '../../src/api/signed-text.ts';
import { parseTc3Authorization, verifyTc3 } from '../../src/api/tc3.ts';
import { Crc64 } from '../../src/deliver/cos-crc64.ts';
import { cosSignatureFault } from './cos-signature.ts';

/** The calls of an upload in their order, as the speaker names them. */
export type SpokenCall =
  | 'ApplyUpload'
  | 'DescribeSubAppIds'
  | 'list'
  | 'begin'
  | 'part'
  | 'complete'
  | 'check'
  | 'CommitUpload';

/** How the speaker misbehaves. */
export type Misbehaviour =
  /** An HTTP status without a meaning in its body. */
  | { readonly how: 'status'; readonly status: number }
  /** The refusal of an API or of COS, by its code. */
  | { readonly how: 'refuse'; readonly code: string; readonly message?: string }
  /** The connection is cut in the middle of the request's body. */
  | { readonly how: 'reset' }
  /** The request is read and never answered. */
  | { readonly how: 'hang' }
  | { readonly how: 'delay'; readonly ms: number }
  /** A part's ETag is that of other bytes. */
  | { readonly how: 'wrong etag' }
  /** What is stored has a bit that was not sent, and the checksum says so. */
  | { readonly how: 'corrupt' }
  /** Answers carry no checksum. */
  | { readonly how: 'no checksum' }
  /** The API's answer has no content but its RequestId. */
  | { readonly how: 'empty' };

interface Plan {
  readonly at: SpokenCall;
  readonly what: Misbehaviour;
  left: number;
}

/** A file that was committed. */
export interface VodFile {
  readonly fileId: string;
  readonly mediaUrl: string;
  readonly bytes: Buffer;
  /** Of HLS the segments, by their names beside the playlist. */
  readonly beside: ReadonlyMap<string, Buffer>;
  /** Body of its ApplyUpload, by the wire's names. */
  readonly applied: Readonly<Record<string, unknown>>;
  /** Body of its CommitUpload. */
  readonly committed: Readonly<Record<string, unknown>>;
}

/** One request as it was understood. */
export interface SpokenRequest {
  readonly call: SpokenCall;
  /** Number of the part, for parts. */
  readonly part: number | undefined;
  /** Bytes of its body that came in. */
  bytes: number;
}

interface Session {
  readonly applied: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly certificate: { readonly secretId: string; readonly secretKey: string; readonly token: string };
  readonly uploads: Map<string, Upload>;
  /** By their paths. */
  readonly objects: Map<string, Buffer>;
}

interface Upload {
  readonly path: string;
  readonly parts: Map<number, StoredPart>;
}

interface StoredPart {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** How the speaker is set up. */
export interface TencentVodSpeakerOptions {
  readonly secretId?: string;
  readonly secretKey?: string;
}

type ApiCall = Extract<SpokenCall, 'ApplyUpload' | 'CommitUpload' | 'DescribeSubAppIds'>;
const isApiCall = (call: unknown): call is ApiCall =>
  call === 'ApplyUpload' || call === 'CommitUpload' || call === 'DescribeSubAppIds';

/** The account's sub-applications: one that is on and one that is not. */
const subApps = {
  SubAppIdInfoSet: [
    { SubAppId: 1500000001, Name: 'main', Status: 'On' },
    { SubAppId: 1500000002, Name: 'old', Status: 'Off' },
  ],
  TotalCount: 2,
};

const bucket = 'vodspeaker-1250000000';
const region = 'ap-guangzhou';

/**
 * Tencent VOD and the object storage behind it on one loopback port, for as much as an upload needs: it verifies the
 * TC3 signature of ApplyUpload and CommitUpload and the COS signature, token and checksum of every part, keeps the
 * bytes, and hands them out at the MediaUrl. It can be told to misbehave. Use `endpoint` both as the API's endpoint and
 * as COS's domain, with protocol http.
 */
export class TencentVodSpeaker {
  readonly secretId: string;
  readonly secretKey: string;
  /** Committed files in their order. */
  readonly files: VodFile[] = [];
  /** Every request in its order, those that were refused among them. */
  readonly requests: SpokenRequest[] = [];
  /** Secrets it gave out, which must turn up nowhere else. */
  readonly secretsGiven: string[] = [];
  readonly #server: Server;
  readonly #sessions = new Map<string, Session>();
  #plans: Plan[] = [];

  private constructor(options: TencentVodSpeakerOptions) {
    this.secretId = options.secretId ?? 'AKIDspeaker00000000000000000000000000';
    this.secretKey = options.secretKey ?? 'SpeakerKey0000000000000000000000';
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: TencentVodSpeakerOptions = {}): Promise<TencentVodSpeaker> {
    const speaker = new TencentVodSpeaker(options);
    await new Promise<void>((resolve) => void speaker.#server.listen(0, '127.0.0.1', resolve));
    return speaker;
  }

  /** `host:port` of the API and of COS. */
  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Misbehaves at the next `times` calls of a kind; every time by default. */
  misbehave(at: SpokenCall, what: Misbehaviour, times = Number.MAX_SAFE_INTEGER): void {
    this.#plans.push({ at, what, left: times });
  }

  /** From now on everything is as it should be. */
  behave(): void {
    this.#plans = [];
  }

  /** Bodies of parts in bytes that came in so far. */
  get partBytes(): number {
    return this.requests.reduce((sum, { call, bytes }) => sum + (call === 'part' ? bytes : 0), 0);
  }

  /** Requests of one kind so far. */
  count(call: SpokenCall): number {
    return this.requests.filter((request) => request.call === call).length;
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://vod');
    const media = this.#media(url.pathname);
    if (media && request.method === 'GET') return void response.end(media);
    const call = callOf(request, url);
    if (!call) return xmlError(response, 400, 'InvalidRequest');
    const part = call === 'part' ? Number(url.searchParams.get('partNumber')) : undefined;
    const spoken: SpokenRequest = { call, part, bytes: 0 };
    this.requests.push(spoken);
    const what = this.#plan(call);
    const body = await readBody(request, spoken, what?.how === 'reset');
    if (what?.how === 'hang') return;
    if (what?.how === 'delay') await new Promise((resolve) => setTimeout(resolve, what.ms));
    if (what?.how === 'status') return void response.writeHead(what.status).end();
    if (isApiCall(call)) this.#answerApi(call, request, body, response, what);
    else this.#answerCos(call, url, request, body, response, what);
  }

  /** Bytes behind a MediaUrl, or behind the address of a segment beside one. */
  #media(path: string): Buffer | undefined {
    const name = posix.basename(path);
    const file = this.files.find(({ mediaUrl }) => posix.dirname(new URL(mediaUrl).pathname) === posix.dirname(path));
    return file && posix.basename(file.mediaUrl) === name ? file.bytes : file?.beside.get(name);
  }

  #plan(call: SpokenCall): Misbehaviour | undefined {
    const plan = this.#plans.find(({ at, left }) => at === call && left > 0);
    if (plan) plan.left--;
    return plan?.what;
  }

  #answerApi(
    call: ApiCall,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    what: Misbehaviour | undefined,
  ): void {
    const RequestId = crypto.randomUUID();
    const said = JSON.parse(body.toString()) as Record<string, unknown>;
    const fault = what?.how === 'refuse' ? what.code : this.#tc3Fault(request, body);
    const refused = (Code: string, Message: string) => ({ Error: { Code, Message } });
    const answer = (): object => {
      if (fault) return refused(fault, what?.how === 'refuse' ? (what.message ?? 'No.') : 'The signature is wrong.');
      if (what?.how === 'empty') return {};
      if (call === 'DescribeSubAppIds') return subApps;
      return call === 'ApplyUpload' ? this.#apply(said) : this.#commit(said);
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ Response: { ...answer(), RequestId } }));
  }

  #tc3Fault(request: IncomingMessage, body: Buffer): string | undefined {
    const { authorization = '', 'x-tc-timestamp': stamp, 'x-tc-version': version } = request.headers;
    const parsed = parseTc3Authorization(authorization);
    if (!parsed) return 'AuthFailure.InvalidAuthorization';
    if (parsed.secretId !== this.secretId) return 'AuthFailure.SecretIdNotFound';
    if (!isTimely(Number(stamp), Date.now())) return 'AuthFailure.SignatureExpire';
    if (version !== '2018-07-17') return 'NoSuchVersion';
    const received = { method: request.method ?? '', rawQuery: '', headers: request.headers, body };
    return verifyTc3(received, parsed, Number(stamp), this.secretKey) ? undefined : 'AuthFailure.SignatureFailure';
  }

  #apply(applied: Record<string, unknown>): object {
    const fault = applyFault(applied);
    if (fault) return { Error: { Code: fault, Message: `${fault} is not acceptable.` } };
    const key = randomBytes(24).toString('base64url');
    const path = `/trtc/${randomBytes(8).toString('hex')}/f0 +中.${String(applied['MediaType'])}`;
    const certificate = {
      secretId: `AKIDtmp${randomBytes(12).toString('hex')}`,
      secretKey: `tmpkey${randomBytes(12).toString('hex')}`,
      token: `tmptoken${randomBytes(40).toString('base64')}`,
    };
    this.secretsGiven.push(key, ...Object.values(certificate));
    this.#sessions.set(key, { applied, path, certificate, uploads: new Map(), objects: new Map() });
    const { secretId: SecretId, secretKey: SecretKey, token: Token } = certificate;
    const ExpiredTime = Math.floor(Date.now() / 1000) + 3600;
    return {
      StorageBucket: bucket,
      StorageRegion: applied['StorageRegion'] ?? region,
      VodSessionKey: key,
      MediaStoragePath: path,
      TempCertificate: { SecretId, SecretKey, Token, ExpiredTime },
    };
  }

  #commit(committed: Record<string, unknown>): object {
    const key = String(committed['VodSessionKey']);
    const session = this.#sessions.get(key);
    const refused = (Code: string) => ({ Error: { Code, Message: `${Code} for ${key}.` } });
    if (!session || session.applied['SubAppId'] !== committed['SubAppId']) {
      return refused('InvalidParameterValue.VodSessionKey');
    }
    const bytes = session.objects.get(session.path);
    if (!bytes) return refused('ResourceNotFound');
    const others = [...session.objects].filter(([path]) => path !== session.path);
    const beside = new Map(others.map(([path, object]) => [posix.basename(path), object]));
    const fileId = `5${String(this.files.length).padStart(18, '0')}`;
    const mediaUrl = `http://${this.endpoint}/media/${fileId}/f0.${String(session.applied['MediaType'])}`;
    this.files.push({ fileId, mediaUrl, bytes, beside, applied: session.applied, committed });
    return { FileId: fileId, MediaUrl: mediaUrl };
  }

  #answerCos(
    call: SpokenCall,
    url: URL,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    what: Misbehaviour | undefined,
  ): void {
    if (what?.how === 'refuse') return xmlError(response, 403, what.code, what.message);
    const token = request.headers['x-cos-security-token'];
    const session = [...this.#sessions.values()].find(({ certificate }) => certificate.token === token);
    if (!session) return xmlError(response, 403, 'AccessDenied', 'The token is unknown.');
    const fault = cosSignatureFault(request, session.certificate, Date.now() / 1000);
    if (fault) return xmlError(response, 403, fault);
    if (call === 'list') return xml(response, '<ListMultipartUploadsResult></ListMultipartUploadsResult>');
    const path = decodeURIComponent(url.pathname);
    if (!mayWrite(session, path)) return xmlError(response, 403, 'AccessDenied');
    if (call === 'begin') return this.#begin(session, path, response);
    if (call === 'check') return check(session.objects.get(path), response, what);
    const upload = session.uploads.get(url.searchParams.get('uploadId') ?? '');
    if (upload?.path !== path) return xmlError(response, 404, 'NoSuchUpload');
    if (call === 'part') storePart(upload.parts, url, request, body, response, what);
    else complete(session, upload, body, response, what);
  }

  #begin(session: Session, path: string, response: ServerResponse): void {
    const uploadId = randomBytes(16).toString('hex');
    session.uploads.set(uploadId, { path, parts: new Map() });
    const content = `<Bucket>${bucket}</Bucket><Key>${path.slice(1)}</Key><UploadId>${uploadId}</UploadId>`;
    xml(response, `<InitiateMultipartUploadResult>${content}</InitiateMultipartUploadResult>`);
  }
}

/** The credentials are for the media's path; of HLS for its folder. */
const mayWrite = ({ path, applied }: Session, wanted: string): boolean =>
  wanted === path || (applied['MediaType'] === 'm3u8' && posix.dirname(wanted) === posix.dirname(path));

function callOf(request: IncomingMessage, url: URL): SpokenCall | undefined {
  const action = request.headers['x-tc-action'];
  if (action !== undefined) return isApiCall(action) ? action : undefined;
  const [uploads, uploadId] = [url.searchParams.has('uploads'), url.searchParams.has('uploadId')];
  if (request.method === 'GET' && uploads && url.pathname === '/') return 'list';
  if (request.method === 'POST' && uploads) return 'begin';
  if (request.method === 'PUT' && uploadId) return 'part';
  if (request.method === 'POST' && uploadId) return 'complete';
  return request.method === 'HEAD' ? 'check' : undefined;
}

/** Counts what comes in; a body to be cut is cut after its first bytes. */
async function readBody(request: IncomingMessage, spoken: SpokenRequest, cut: boolean): Promise<Buffer> {
  const pieces: Buffer[] = [];
  if (cut && !request.headers['content-length']) request.socket.destroy();
  for await (const piece of request as AsyncIterable<Buffer>) {
    pieces.push(piece);
    spoken.bytes += piece.length;
    if (cut) request.socket.destroy();
  }
  return Buffer.concat(pieces);
}

function applyFault({ MediaType, ExpireTime }: Record<string, unknown>): string | undefined {
  if (typeof MediaType !== 'string' || !/^[a-z0-9]+$/.test(MediaType)) return 'InvalidParameterValue.MediaType';
  if (ExpireTime === undefined) return undefined;
  const good = typeof ExpireTime === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(ExpireTime);
  return good ? undefined : 'InvalidParameterValue.ExpireTime';
}

const md5Of = (bytes: Buffer) => createHash('md5').update(bytes);

function storePart(
  parts: Map<number, StoredPart>,
  url: URL,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  what: Misbehaviour | undefined,
): void {
  if (md5Of(body).digest('base64') !== request.headers['content-md5']) return xmlError(response, 400, 'BadDigest');
  if (what?.how === 'corrupt') body[body.length >> 1]! ^= 1;
  const etag = `"${md5Of(body).digest('hex')}"`;
  parts.set(Number(url.searchParams.get('partNumber')), { bytes: body, etag });
  response.setHeader('etag', what?.how === 'wrong etag' ? `"${md5Of(Buffer.from(etag)).digest('hex')}"` : etag);
  response.end();
}

function complete(
  session: Session,
  { path, parts }: Upload,
  body: Buffer,
  response: ServerResponse,
  what: Misbehaviour | undefined,
): void {
  const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
  const chosen = listed.map(([, number, etag]) => {
    const part = parts.get(Number(number));
    return part?.etag === etag?.replaceAll('&quot;', '"') ? part : undefined;
  });
  if (chosen.length === 0 || chosen.includes(undefined)) return xmlError(response, 400, 'InvalidPart');
  const object = Buffer.concat(chosen.map((part) => part!.bytes));
  session.objects.set(path, object);
  if (what?.how !== 'no checksum') response.setHeader('x-cos-hash-crc64ecma', crc64Of(object));
  const etag = `"${md5Of(object).digest('hex')}-${chosen.length}"`;
  xml(response, `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`);
}

const crc64Of = (bytes: Buffer): string => new Crc64().update(bytes).digest();

function check(object: Buffer | undefined, response: ServerResponse, what: Misbehaviour | undefined): void {
  if (!object) return void response.writeHead(404).end();
  const checksum = what?.how === 'no checksum' ? {} : { 'x-cos-hash-crc64ecma': crc64Of(object) };
  response.writeHead(200, { 'content-length': object.length, ...checksum }).end();
}

function xml(response: ServerResponse, content: string): void {
  response.setHeader('content-type', 'application/xml');
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${content}`);
}

function xmlError(response: ServerResponse, status: number, code: string, message = `${code}.`): void {
  response.statusCode = status;
  xml(response, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
