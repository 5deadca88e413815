import { say } from './language.js';

const CAMERA_ADVICE = {
  NotAllowedError: 'cameraRefused',
  NotFoundError: 'noCamera',
  NotReadableError: 'cameraBusy',
  AbortError: 'cameraBusy',
  SecurityError: 'insecure',
};
const STATUS_ADVICE = {
  0: 'serverGone',
  401: 'ticketRefused',
  404: 'notThere',
  429: 'tooMany',
  502: 'restarting',
  503: 'restarting',
};

/** What the reader can do about an error, in the page's language. `action` is `screen` when a screen was asked for. */
export function adviceFor(error, action) {
  if (error === 'taken') return say('taken');
  if (error instanceof DOMException) return deviceAdvice(error, action);
  const name = STATUS_ADVICE[error.status];
  if (name) return say(name);
  return say('failed', { detail: error.message });
}

function deviceAdvice(error, action) {
  // The browser's own chooser was closed: nothing is wrong.
  if (action === 'screen' && error.name === 'NotAllowedError') return say('screenRefused');
  const name = CAMERA_ADVICE[error.name];
  return name ? say(name) : say('failed', { detail: error.message || error.name });
}
