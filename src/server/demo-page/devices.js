const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25 } };

/** The camera and the microphone, or the one of them that there is. Rejects with the browser's DOMException. */
export async function openCamera() {
  const devices = secureDevices();
  try {
    return await devices.getUserMedia({ video: CAMERA, audio: true });
  } catch (error) {
    if (error.name !== 'NotFoundError') throw error;
  }
  const found = new Set((await devices.enumerateDevices()).map(({ kind }) => kind));
  if (!found.has('videoinput') && !found.has('audioinput')) throw new DOMException('', 'NotFoundError');
  return devices.getUserMedia(found.has('videoinput') ? { video: CAMERA } : { audio: true });
}

/** The screen that the user chooses, with its sound where the browser offers that. */
export function openScreen() {
  return secureDevices().getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: true });
}

/** Outside https and localhost browsers hide the devices. */
function secureDevices() {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'SecurityError');
  return navigator.mediaDevices;
}
