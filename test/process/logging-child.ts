import { createLogger } from '../../src/process/log.ts';

// Logs a secret in every way that it might slip in.
const [level, secret] = process.argv.slice(2) as [string, string];
const log = createLogger('rooms', level);
log.info({ user: 'alice', userSig: secret }, 'plain');
log.info({ config: { apps: [{ secret_key: secret, callback: { key: secret } }] } }, 'configuration');
log.info({ secrets: { token: secret, demo: { appSecret: secret, secretKey: secret } } }, 'installation');
log.info({ request: { headers: { Authorization: secret }, body: { UserSig: secret } } }, 'request');
log.info({ url: `/?Action=CreateCloudRecording&UserSig=${secret}&PrivateMapKey=${secret}` }, 'url');
log.error({ err: Object.assign(new Error(`Bearer ${secret} refused`), { options: { token: secret } }) }, 'failed');
log.child({ task: 't', token: secret }).info('child');
log.info(`signed with ?sig=${secret}`);
