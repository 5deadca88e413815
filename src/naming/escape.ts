/**
 * E(s) of contract §5: base64 of the UTF-8 text with `/`→`-` and `=`→`.`; `+` stays.
 * The result is safe as (part of) a file name but not as part of a URL, where `+` must become `%2B`.
 */
export const escapeName = (text: string): string =>
  Buffer.from(text, 'utf8').toString('base64').replaceAll('/', '-').replaceAll('=', '.');
