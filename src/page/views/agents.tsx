export const Agents = () => <h1>Agents</h1>
