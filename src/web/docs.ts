import { type FastifyInstance, fastify } from 'fastify'

const description = `
What \`textstream up\` offers: agents write here, and whoever looks reads here, while it is written.
Errors are problem+json (RFC 9457) with a stable \`code\`. Times are microseconds since 1970, UTC.
`

/** The OpenAPI document and its page, in an app of their own: they take as long to start as all the rest. */
export const docsOf = async (routes: (app: FastifyInstance) => void): Promise<FastifyInstance> => {
  const [{ default: swagger }, { default: swaggerUi }, { jsonSchemaTransform }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
    import('fastify-type-provider-zod'),
  ])
  const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
  const info = { title: 'textstream', version: '1', description }
  await app.register(swagger, { openapi: { openapi: '3.1.0', info }, transform: jsonSchemaTransform })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  routes(app)
  await app.ready()
  return app
}
