/** What a call of another transport asks of the HTTP routes of the Open Inference Protocol. */

/** The header that says how many bytes of a body are its JSON, where tensors follow. */
export const JSON_LENGTH_HEADER = "inference-header-content-length";

/** A request to a route. */
export interface RoutedRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Uint8Array<ArrayBuffer>;
}
