select * from {{ source('files', 'region') }}
