/** A refusal as an AWS service words it; `name` is the error's type, such as `ValidationException`. */
export class AwsError extends Error {
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}
