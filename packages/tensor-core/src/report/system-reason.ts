const REASONS: { readonly [code: string]: string } = {
  EACCES: "it may not be read or written by this user",
  EADDRINUSE: "the port is in use",
  EADDRNOTAVAIL: "this machine has no such address",
  EEXIST: "a file is in its place",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file is where a folder should be",
  EPERM: "it may not be read or written by this user",
  EROFS: "the disk is read-only",
};

/**
 * What kept the system from doing as it was asked, in words; the error's message where it is no error of the system or none of the known ones.
 *
 * @example
 * ```ts
 * import { systemReason } from "@lab/tensor-core/report";
 * systemReason(Object.assign(new Error("EISDIR: illegal operation on a directory, read"), { code: "EISDIR" })); // => "it is a folder"
 * ```
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error && typeof error.code === "string" ? REASONS[error.code] : undefined) ?? error.message;
}
