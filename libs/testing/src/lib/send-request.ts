import { request } from 'node:http';

/** What is sent besides method and path. @publicApi */
export interface RequestToSend {
  /** A list is sent as so many fields. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is; says nothing of its own media type. */
  readonly body?: string;
}

/** What came back. @publicApi */
export interface AnswerToTest {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The JSON value that the content is; an empty object for no content. */
  readonly body: Record<string, unknown>;
}

/**
 * Sends one request to a server on this machine, with the path exactly as it is written. Rejects
 * when the connection fails, or the content is neither empty nor JSON.
 *
 * @example
 * const { status, body } = await sendRequest(app.url, 'GET', '/user/42/', { headers });
 * @publicApi
 */
export function sendRequest(
  origin: string,
  method: string,
  path: string,
  { headers = {}, body }: RequestToSend = {},
): Promise<AnswerToTest> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const fields = headers as Record<string, string | string[]>;
    request({ hostname, port, method, path, headers: fields }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('error', reject);
      response.on('data', (part: string) => (text += part));
      response.on('end', () => {
        try {
          const { statusCode: status = 0, headers: got } = response;
          const value = (text === '' ? {} : JSON.parse(text)) as AnswerToTest['body'];
          resolve({ status, headers: got, text, body: value });
        } catch (error) {
          reject(error as Error);
        }
      });
    })
      .on('error', reject)
      .end(body);
  });
}
