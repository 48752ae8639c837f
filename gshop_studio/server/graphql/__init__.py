"""A show's metrics over GraphQL: a query of the last point and a subscription, by graphql-transport-ws."""
