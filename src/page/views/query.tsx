export const Query = () => <h1>Query</h1>
