import type { FeedPacket } from '../feed/messages.ts';
import type { RtpTicks, WallUs } from '../units.ts';
import { ByteCollector } from './byte-collector.ts';
import { ParameterSets } from './parameter-sets.ts';
import type { AssemblerEvents, AssemblerStats, PictureAssembler } from './picture-assembler.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);

// NAL unit types, ITU-T H.264 table 7-1 and RFC 6184 §5.2.
const IDR = 5;
const SPS = 7;
const PPS = 8;
const AUD = 9;
const LAST_SINGLE = 23;
const STAP_A = 24;
const FU_A = 28;

/** What is known of the access unit in work. */
interface UnitState {
  rtp: RtpTicks;
  arrivalUs: WallUs;
  /** Packets right before its first one are missing; they may have been its own. */
  openStart: boolean;
  broken: boolean;
  hasPicture: boolean;
  key: boolean;
  hasSps: boolean;
  hasPps: boolean;
  /** Where parameter sets would go: before everything but an access unit delimiter, and before the first slice. */
  headAt: number;
  sliceAt: number;
}

const beginUnit = (packet: FeedPacket, openStart: boolean): UnitState => ({
  rtp: packet.timestamp,
  arrivalUs: packet.arrivalUs,
  openStart,
  broken: false,
  hasPicture: false,
  key: false,
  hasSps: false,
  hasPps: false,
  headAt: 0,
  sliceAt: -1,
});

/** A broken unit ends with its timestamp, as one that has a picture does. */
const brokenUnit = (packet: FeedPacket): UnitState => ({ ...beginUnit(packet, true), broken: true, hasPicture: true });

/** Whether a payload is a fragment other than the first. */
const continuesFragment = (payload: Uint8Array): boolean =>
  ((payload[0] ?? 0) & 0x1f) === FU_A && ((payload[1] ?? 0x80) & 0x80) === 0;

/**
 * RFC 6184 packetization mode 1 (single NAL units, STAP-A, FU-A) to access units in Annex B with start codes of four
 * bytes and the NAL units exactly as sent. A key picture without parameter sets gets the last ones seen.
 */
export class H264Assembler implements PictureAssembler {
  readonly #events: AssemblerEvents;
  readonly #bytes = new ByteCollector();
  readonly #sets = new ParameterSets();
  #unit: UnitState | undefined;
  /** Offset of the NAL unit that a fragmentation unit is filling, −1 when none is open. */
  #fragmentAt = -1;
  #malformed = 0;

  constructor(events: AssemblerEvents) {
    this.#events = events;
  }

  push(packet: FeedPacket, afterLoss: boolean): void {
    if (afterLoss) this.#onLoss(packet);
    else if (this.#unit && this.#unit.rtp !== packet.timestamp) this.#finish();
    const unit = (this.#unit ??= beginUnit(packet, afterLoss));
    if (unit.rtp !== packet.timestamp) {
      // Parameter sets sent under a timestamp of their own belong to the picture that follows.
      unit.rtp = packet.timestamp;
      unit.arrivalUs = packet.arrivalUs;
    }
    if (!unit.broken && !this.#addPayload(unit, packet.payload)) this.#breakUnit(unit);
    if (packet.marker) this.#finish();
  }

  flush(): void {
    this.#finish();
    this.#clear();
  }

  stats(): AssemblerStats {
    const sps = this.#sets.sps;
    return { malformed: this.#malformed, width: sps?.width ?? 0, height: sps?.height ?? 0 };
  }

  #onLoss(packet: FeedPacket): void {
    const sameUnit = this.#unit?.rtp === packet.timestamp;
    this.#clear();
    this.#events.onDamage();
    // What is left of a unit that lost its beginning is no fault of the packets.
    if (sameUnit || continuesFragment(packet.payload)) this.#unit = brokenUnit(packet);
  }

  #breakUnit(unit: UnitState): void {
    this.#malformed++;
    unit.broken = true;
    unit.hasPicture = true;
    this.#bytes.clear();
    this.#fragmentAt = -1;
  }

  #addPayload(unit: UnitState, payload: Uint8Array): boolean {
    const header = payload[0] ?? 0x80;
    const type = header & 0x1f;
    if ((header & 0x80) !== 0) return false;
    if (type === FU_A) return this.#addFragment(unit, payload);
    if (this.#fragmentAt >= 0) return false;
    if (type === STAP_A) return this.#addAggregate(unit, payload);
    return this.#addNal(unit, payload);
  }

  /** RFC 6184 §5.7.1: 16-bit sizes, each followed by its NAL unit. */
  #addAggregate(unit: UnitState, payload: Uint8Array): boolean {
    let at = 1;
    while (at + 2 < payload.length) {
      const end = at + 2 + (((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0));
      if (end > payload.length || !this.#addNal(unit, payload.subarray(at + 2, end))) return false;
      at = end;
    }
    return at === payload.length && at > 1;
  }

  #addNal(unit: UnitState, nal: Uint8Array): boolean {
    const type = (nal[0] ?? 0) & 0x1f;
    if (type === 0 || type > LAST_SINGLE) return false;
    const at = this.#bytes.length;
    if (!this.#bytes.append(START_CODE) || !this.#bytes.append(nal)) return false;
    return this.#note(unit, type, at, nal);
  }

  /** RFC 6184 §5.8: the first fragment's header is put together from the indicator's and the FU header's bits. */
  #addFragment(unit: UnitState, payload: Uint8Array): boolean {
    const fu = payload[1];
    if (fu === undefined || payload.length < 3) return false;
    const starts = (fu & 0x80) !== 0;
    if (starts !== this.#fragmentAt < 0) return false;
    if (starts && !this.#startFragment((payload[0] ?? 0) & 0x60, fu & 0x1f)) return false;
    if (!this.#bytes.append(payload.subarray(2))) return false;
    return (fu & 0x40) === 0 || this.#endFragment(unit);
  }

  #startFragment(importance: number, type: number): boolean {
    if (type === 0 || type > LAST_SINGLE) return false;
    this.#fragmentAt = this.#bytes.length;
    return this.#bytes.append(START_CODE) && this.#bytes.appendByte(importance | type);
  }

  #endFragment(unit: UnitState): boolean {
    const at = this.#fragmentAt;
    this.#fragmentAt = -1;
    const nal = this.#bytes.view(at + START_CODE.length);
    return this.#note(unit, (nal[0] ?? 0) & 0x1f, at, nal);
  }

  /** Keeps account of a whole NAL unit that begins, with its start code, at offset `at`. */
  #note(unit: UnitState, type: number, at: number, nal: Uint8Array): boolean {
    if (type <= IDR) {
      unit.hasPicture = true;
      if (unit.sliceAt < 0) unit.sliceAt = at;
      if (type === IDR) unit.key = true;
      return true;
    }
    if (type === AUD && at === 0) unit.headAt = this.#bytes.length;
    if (type === SPS) return (unit.hasSps = this.#sets.keepSps(nal));
    if (type === PPS) return (unit.hasPps = this.#sets.keepPps(nal));
    return true;
  }

  #finish(): void {
    const unit = this.#unit;
    if (!unit || (!unit.hasPicture && this.#fragmentAt < 0)) return;
    if (!unit.broken && this.#fragmentAt >= 0) this.#breakUnit(unit);
    const data = unit.broken ? undefined : this.#takeData(unit);
    this.#clear();
    if (data) this.#events.onPicture({ rtp: unit.rtp, arrivalUs: unit.arrivalUs, key: unit.key, data });
    else this.#events.onDamage();
  }

  /** The unit's bytes, or undefined for a key picture that cannot be decoded. */
  #takeData(unit: UnitState): Uint8Array | undefined {
    if (!unit.key || (unit.hasSps && unit.hasPps)) return this.#bytes.take();
    // With packets missing before it, its own parameter sets may be among them: older ones would be a guess.
    if (unit.openStart && !unit.hasSps) return undefined;
    const sps = unit.hasSps ? undefined : this.#sets.allSps();
    const pps = unit.hasPps ? undefined : this.#sets.allPps();
    if (sps?.length === 0 || pps?.length === 0) return undefined;
    const pieces = [];
    if (sps) pieces.push({ at: unit.headAt, bytes: sps });
    if (pps) pieces.push({ at: unit.sliceAt, bytes: pps });
    return this.#bytes.takeWith(pieces);
  }

  #clear(): void {
    this.#bytes.clear();
    this.#unit = undefined;
    this.#fragmentAt = -1;
  }
}
