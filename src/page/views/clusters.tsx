export const Clusters = () => <h1>Clusters</h1>
