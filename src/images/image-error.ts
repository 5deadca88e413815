/** An image that cannot be used, whatever the reason: not there, not allowed, too large, or broken. */
export class ImageError extends Error {
  /** `reason` completes "the image …". */
  constructor(reason: string, options?: ErrorOptions) {
    super(`the image ${reason}`, options);
    this.name = 'ImageError';
  }
}
