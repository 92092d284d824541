/** The environments of one function: started on demand, reused while warm, ended after a while without work. */
import { Stopped } from '../base/stopped.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentLimit, Idle } from './environment-limit.ts';

export interface PoolSettings {
  start: () => Environment;
  /** Environments of this function at most. Further invocations wait for one of them. */
  concurrency: number;
  /** Real time after which an environment without work ends. */
  idleMs: number;
  /** Shared by the pools of all functions. */
  limit: EnvironmentLimit;
}

interface IdleEnvironment extends Idle {
  environment: Environment;
  timer: NodeJS.Timeout;
}

interface Waiting {
  resolve(environment: Environment): void;
  reject(error: Error): void;
}

export class Pool {
  readonly #settings: PoolSettings;
  readonly #open = new Set<Environment>();
  /** The one that was used last comes last and is used next: surplus environments stay idle and end. */
  readonly #idle: IdleEnvironment[] = [];
  readonly #waiting: Waiting[] = [];
  #isStopped = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** Rejects with `LambdaFailure`, or with `Stopped` where the pool stops first. */
  async run(event: unknown, onStart?: () => void): Promise<unknown> {
    const environment = await this.#acquire();
    onStart?.();
    try {
      return await environment.handle(event);
    } finally {
      this.#release(environment);
    }
  }

  /** Rejects the invocations that wait for an environment, and all later ones. */
  refuse(): void {
    this.#isStopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Stopped());
  }

  /** Ends every environment. Events that are being handled are rejected with `Stopped`. */
  async end(): Promise<void> {
    this.refuse();
    for (const idle of [...this.#idle]) this.#wake(idle);
    await Promise.all([...this.#open].map((environment) => this.#end(environment)));
  }

  async #acquire(): Promise<Environment> {
    if (this.#isStopped) throw new Stopped();
    const idle = this.#takeIdle();
    if (idle) return idle;
    if (this.#mayStart()) return this.#start();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #release(environment: Environment): void {
    if (!environment.isAlive) this.#forget(environment);
    if (this.#isStopped) return;
    const next = this.#waiting.shift();
    if (next) next.resolve(environment.isAlive ? environment : this.#start());
    else if (environment.isAlive) this.#rest(environment);
  }

  #takeIdle(): Environment | null {
    for (let idle = this.#idle.at(-1); idle; idle = this.#idle.at(-1)) {
      this.#wake(idle);
      if (idle.environment.isAlive) return idle.environment;
      // It crashed while it was idle.
      this.#forget(idle.environment);
    }
    return null;
  }

  #mayStart(): boolean {
    const { concurrency, limit } = this.#settings;
    if (this.#open.size >= concurrency) return false;
    // A function without an environment may exceed the limit, so that no function waits for another.
    return limit.makeRoom() || this.#open.size === 0;
  }

  #start(): Environment {
    const environment = this.#settings.start();
    this.#open.add(environment);
    this.#settings.limit.opened();
    return environment;
  }

  #rest(environment: Environment): void {
    const end = () => {
      this.#wake(idle);
      void this.#end(environment);
    };
    const timer = setTimeout(end, this.#settings.idleMs);
    timer.unref();
    const idle: IdleEnvironment = { environment, timer, end };
    this.#idle.push(idle);
    this.#settings.limit.addIdle(idle);
  }

  #wake(idle: IdleEnvironment): void {
    clearTimeout(idle.timer);
    this.#idle.splice(this.#idle.indexOf(idle), 1);
    this.#settings.limit.removeIdle(idle);
  }

  #end(environment: Environment): Promise<void> {
    this.#forget(environment);
    return environment.end(new Stopped());
  }

  #forget(environment: Environment): void {
    if (this.#open.delete(environment)) this.#settings.limit.closed();
  }
}
