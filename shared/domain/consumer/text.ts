/** How texts of people are compared: by Unicode NFC, ignoring case. */

/**
 * The same text for two that differ only in case or in how accents are composed. Upper case first, so that ß meets SS;
 * a final sigma is a sigma.
 */
export const folded = (text: string): string =>
  text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
