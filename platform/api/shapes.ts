import { z } from '@hono/zod-openapi';
import type { Collection } from '../store/collections.ts';
import type { Task } from '../store/tasks.ts';

/** What clients see of collections and tasks, in the public names. */
export const detail = z.object({ detail: z.string() }).openapi('Error');

export const collectionShape = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    auth_org_id: z.string().nullable(),
    owner_identifier: z.string().nullable(),
  })
  .openapi('Collection');

export function shownCollection({ id, name, description }: Collection): z.infer<typeof collectionShape> {
  return { id, name, description, auth_org_id: null, owner_identifier: null };
}

const object = z.record(z.string(), z.unknown());

export const taskShape = z
  .object({
    id: z.string(),
    name: z.string(),
    entity_type: z.string(),
    is_private: z.boolean(),
    is_chat_flow: z.boolean(),
    croissant_metadata: object.nullable(),
    workflow: object,
    collection_id: z.string(),
    collection_name: z.string(),
    version: z.string().nullable(),
    description: z.string().nullable(),
    has_file_uploads: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
    environment_variables: z.null(),
    storage_info: z.null(),
    storage_provider: z.null(),
  })
  .openapi('Task');

export function shownTask(task: Task, collection: Collection): z.infer<typeof taskShape> {
  const { id, name, workflow, version, description } = task;
  return {
    ...{ id, name, workflow, version, description },
    entity_type: task.entityType,
    is_private: task.isPrivate,
    is_chat_flow: task.isChatFlow,
    croissant_metadata: task.croissantMetadata,
    collection_id: task.collectionId,
    collection_name: collection.name,
    has_file_uploads: task.hasFileUploads,
    created_at: task.created.toISOString(),
    updated_at: task.updated.toISOString(),
    ...{ environment_variables: null, storage_info: null, storage_provider: null },
  };
}
