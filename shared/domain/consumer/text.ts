/** How texts of people are compared: by Unicode NFC, ignoring case. */

/**
 * The same text for two that differ only in case or in how accents are composed. Through upper case, so that ß meets SS,
 * but lower case first, so that ẞ does too; a final sigma is a sigma.
 */
export const folded = (text: string): string =>
  IS_ASCII.test(text)
    ? text.toLowerCase()
    : text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC');

/** Most texts, and for them it is ten times as fast. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are characters of ASCII like all others.
const IS_ASCII = /^[\x00-\x7f]*$/;
