import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'

export interface Described {
  /** Puts the routes on an app. */
  readonly api: (app: FastifyInstance) => void
  readonly title: string
  readonly description: string
  /** Of the page, over what the app itself sends. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The OpenAPI document and its page, in an app of their own: they take as long to start as all the rest. */
const docsOf = async ({ api, title, description }: Described): Promise<FastifyInstance> => {
  const [{ default: swagger }, { default: swaggerUi }, { jsonSchemaTransform }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
    import('fastify-type-provider-zod'),
  ])
  const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
  const info = { title, version: '1', description }
  await app.register(swagger, { openapi: { openapi: '3.1.0', info }, transform: jsonSchemaTransform })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  api(app)
  await app.ready()
  return app
}

/** Serves the documentation at `/docs`; it is made when it is first asked for. */
export const serveDocs = (app: FastifyInstance, described: Described): void => {
  let docs: Promise<FastifyInstance> | undefined
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    docs ??= docsOf(described)
    const { routing } = await docs
    reply.hijack()
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...described.headers }))
      reply.raw.setHeader(name, value as string)
    routing(request.raw, reply.raw)
  }
  app.get('/docs', handler)
  app.get('/docs/*', handler)
  app.addHook('onClose', async () => (await docs)?.close())
}
