/** Names for the bodies that screens pass around, taken from the generated paths. */
import type { paths } from "./schema.gen";

type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : never;

export type FilePage = Json<paths["/api/v1/files"]["get"]["responses"][200]>;
export type FileResource = FilePage["items"][number];
export type FileSort = NonNullable<
  NonNullable<paths["/api/v1/files"]["get"]["parameters"]["query"]>["sort"]
>;
export type Me = Json<paths["/api/v1/me"]["get"]["responses"][200]>;
export type SessionResource = Json<
  paths["/api/v1/me/sessions"]["get"]["responses"][200]
>["items"][number];
export type ApiKey = Json<paths["/api/v1/me/api-keys"]["get"]["responses"][200]>["items"][number];
