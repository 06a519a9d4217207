/** Reads JSON that others wrote into typed values; each refusal names the member at fault. */
import type { Json, JsonObject } from '@countersign/token';

/** A value, and where it stands. */
export class Place {
  constructor(
    private readonly value: Json | undefined,
    private readonly path: string,
  ) {}

  get isThere(): boolean {
    return this.value !== undefined;
  }

  at(member: string): Place {
    return new Place(this.object()[member], `${this.path}.${member}`);
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.refuse('a text');
  }

  number(): number {
    return typeof this.value === 'number' ? this.value : this.refuse('a number');
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.refuse('true or false');
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    const found = words.find((word) => word === this.value);
    return found ?? this.refuse(`one of ${words.join(', ')}`);
  }

  list<Item>(read: (place: Place) => Item): readonly Item[] {
    if (!Array.isArray(this.value)) return this.refuse('a list');
    return (this.value as readonly Json[]).map((item, at) =>
      read(new Place(item, `${this.path}[${at}]`)),
    );
  }

  texts(): readonly string[] {
    return this.list((place) => place.text());
  }

  /** Names and texts, without a prototype: a name such as `constructor` finds nothing. */
  textsByName(): Readonly<Record<string, string>> {
    const read = Object.create(null) as Record<string, string>;
    for (const name of Object.keys(this.object())) read[name] = this.at(name).text();
    return read;
  }

  optional<Value>(read: (place: Place) => Value): Value | undefined {
    return this.isThere ? read(this) : undefined;
  }

  json(): Json {
    return this.value ?? this.refuse('there');
  }

  refuse(expected: string): never {
    throw new TypeError(`${this.path} must be ${expected}`);
  }

  private object(): JsonObject {
    const { value } = this;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : this.refuse('an object');
  }
}
