/** Thrown where work is left undone because the stack stops. The next start does it again. */
export class Stopped extends Error {
  constructor() {
    super('the local stack is stopping');
    this.name = 'Stopped';
  }
}
