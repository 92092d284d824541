/** Sizes of items in bytes, as DynamoDB counts them. */

export type AttributeValue = Record<string, unknown>;
export type Item = Record<string, AttributeValue>;

export const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);

/** Lists and maps cost 3 bytes and one for each member. */
function sizeOfValue(value: AttributeValue): number {
  const [[type, content] = ['', null]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(content as string);
    case 'N':
      return sizeOfNumber(content as string);
    case 'B':
      return Buffer.from(content as string, 'base64').length;
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as string[]).reduce((sum, member) => sum + sizeOfValue({ [type.slice(0, 1)]: member }), 0);
    case 'L':
      return (content as AttributeValue[]).reduce((sum, member) => sum + 1 + sizeOfValue(member), 3);
    case 'M':
      return 3 + Object.keys(content as Item).length + sizeOf(content as Item);
    default:
      return 1;
  }
}

/** A byte for each pair of significant digits, counted from the decimal point, one more, and another for the minus. */
function sizeOfNumber(text: string): number {
  const [, minus = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '').length;
  if (significant === 0) return 1;
  const beforePoint = digits.length - fraction.length + Number(exponent);
  return Math.ceil((significant + Math.abs(beforePoint % 2)) / 2) + 1 + minus.length;
}

const NUMBER = /^[+]?(-?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/;
