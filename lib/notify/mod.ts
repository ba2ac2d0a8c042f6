/**
 * Chats and forges that are told what happened.
 *
 * @module
 */
export * from "./git_address.ts";
