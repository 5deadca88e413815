import { micros, type Micros } from '../units.ts';

/** Time in a transport stream: ticks of 90 kHz, 33 bits on the wire (ISO/IEC 13818-1 §2.4.3.7). */
export const transportRate = 90_000;

const wrap = 2 ** 33;

/** Ticks of the recording's zero: room for the decoding delay, so that no stamp and no clock reference is ever negative. */
export const transportZero = 10 * transportRate;

/** Recording time to ticks, not reduced to 33 bits; always from the absolute time. */
export const toTransport = (time: Micros): number => Math.round((time * 9) / 100) + transportZero;

/** Ticks as they would be without the wrap, to recording time. */
export const fromTransport = (ticks: number): Micros => micros(Math.round(((ticks - transportZero) * 100) / 9));

/** Undoes the 33-bit wrap (26.5 h): of all times that look like `ticks`, the one nearest to `near` (in full ticks). */
export const unwrapTransport = (ticks: number, near: number): number =>
  ticks + Math.round((near - ticks) / wrap) * wrap;
