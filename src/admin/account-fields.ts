import { z } from 'zod';

/** What an administrator may do. */
export const role = z.enum(['operator', 'viewer']).describe('A viewer reads, an operator writes as well.');

/** A password that somebody chose: what counts is its length. */
export const chosenPassword = z.string().min(12, 'must have 12 characters or more').max(256);
