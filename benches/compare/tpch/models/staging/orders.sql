select * from {{ source('files', 'orders') }}
