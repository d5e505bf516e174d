export const Health = () => <h1>Health</h1>
