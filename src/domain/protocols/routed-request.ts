/** A call of another transport as a request to the HTTP routes of the Open Inference Protocol. */

/** The header with the number of JSON bytes of a body, if tensors follow. */
export const JSON_LENGTH_HEADER = "inference-header-content-length";

/** A request to a route. */
export interface RoutedRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Uint8Array<ArrayBuffer>;
}
